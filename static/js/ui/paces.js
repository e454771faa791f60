/** The clocks that are offered, and how a clock is told in words. */

const minutes = (initial, increment) => ({ initial: initial * 60_000, increment: increment * 1_000 });

/** {value, name, clock}: `clock` as the protocol has it, null for none. */
export const PACES = [
  { value: "none", name: "No clock", clock: null },
  { value: "1+0", name: "1 min", clock: minutes(1, 0) },
  { value: "3+2", name: "3 min + 2 s", clock: minutes(3, 2) },
  { value: "5+0", name: "5 min", clock: minutes(5, 0) },
  { value: "10+5", name: "10 min + 5 s", clock: minutes(10, 5) },
  { value: "move", name: "30 s a move", clock: { perMove: 30_000 } },
];

/** The clock of one of these, null for none and for what is no longer offered. */
export const clockOf = (value) => PACES.find((p) => p.value === value)?.clock ?? null;

/** "3 min + 2 s", "30 s a move", "No clock". */
export function pace(clock) {
  if (!clock) return "No clock";
  const { initial, increment, perMove } = clock;
  if (perMove) return `${perMove / 1_000} s a move`;
  const whole = initial % 60_000 === 0 ? `${initial / 60_000} min` : `${initial / 1_000} s`;
  return increment ? `${whole} + ${increment / 1_000} s` : whole;
}
