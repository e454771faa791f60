/**
 * Game clocks as the server states them: {"left":[ms],"increment":ms,"perMove":ms,"running":[seats],"now":ms}, true at
 * server time `now`; the client counts down by itself. A `now` that lies ahead is a clock that stands still until then,
 * as it does for the first seconds after the server came back.
 */

/** From this many ms on, a running clock warns its player. */
export const LOW = 10_000;

const RESTORED = 1_000; // ms that a clock may have more after a crash than before

/** The ms a seat has left at server time `serverNow`; never below zero. */
export function remaining(clock, seat, serverNow) {
  const used = isRunning(clock, seat) ? Math.max(0, serverNow - clock.now) : 0;
  return Math.max(0, clock.left[seat] - used);
}

/** Whether a seat's clock is the one that runs. */
export function isRunning(clock, seat) {
  return clock.running.includes(seat);
}

/** "3:07"; tenths under ten seconds ("0:09.4"), where they matter; rounded down, so that 0:00.0 is really the end. */
export function format(ms) {
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor(ms / 1000) % 60;
  const text = `${minutes}:${String(seconds).padStart(2, "0")}`;
  return ms < LOW ? `${text}.${Math.floor(ms / 100) % 10}` : text;
}

/** "3 minutes 7 seconds", for those who listen. */
export function inWords(ms) {
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor(ms / 1000) % 60;
  const part = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`;
  if (minutes === 0) return part(seconds, "second");
  return seconds === 0 ? part(minutes, "minute") : `${part(minutes, "minute")} ${part(seconds, "second")}`;
}

/**
 * For how many ms the clocks stood still between two statements of the server about the same game, with so many moves in
 * between: the time that no clock was charged. 0 where that cannot be told, as without a clock. A clock that was restored may
 * have a little more left than it had.
 */
export function stoodStill(before, after, moves = 0) {
  const one = before?.running.length === 1 && after?.running.length === 1 && after.perMove === 0;
  if (!one) return 0;
  const sum = (left) => left.reduce((a, b) => a + b, 0);
  const charged = sum(before.left) + moves * after.increment - sum(after.left);
  return charged < -RESTORED ? 0 : Math.max(0, after.now - before.now - Math.max(0, charged));
}
