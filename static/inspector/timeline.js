/** The timeline: a lane each for turns, activities, timers, events, entities and locks, children. Rows in, shapes out. */

import { LANES, replayed } from "./digest.js";
import { clockTime, duration } from "./format.js";
import { even, squeezed, ticks } from "./scale.js";
import { circle, fit, group, line, path, r, rect, shape, text, wide } from "./shapes.js";

const LEFT = 14; // px before the first moment
const RIGHT = 150; // px behind the last one, for its words
const TOP = 34; // px for the axis
const CAPTION = 24; // px for a lane's name
const STEP = 30; // px from one row of bars to the next
const BAR = 22;
const GAP = 10; // px between what stands in one row
const ROWS = 7; // of bars in a lane: what finds no room in them is summed up below
const LONGEST = 250; // px of words beside a bar
const EVEN = 900; // px that a scale true to time has at least

/** Turns that are drawn: of longer histories the latest. */
export const TURNS = 400;

/**
 * @param {object} story of digest()
 * @param {{now: number, replay: object|null, width: number, even?: boolean}} options `now` is where open bars end; `width` is the
 *   room there is, in px; `even` asks for a scale that is true to time instead of one that squeezes gaps
 * @returns {{width, height, shapes, left}} `left` are the shapes that stay where they are while the rest scrolls
 */
export function timeline(story, { now, replay = null, width = 0, even: isEven = false }) {
  const turns = story.turns.slice(-TURNS);
  const from = turns[0]?.at ?? story.from;
  const times = [...new Set(turns.map((t) => t.at))];
  const end = story.end ? story.to : Math.max(now, story.to);
  const room = Math.max(0, width - LEFT - RIGHT);
  const scale = isEven ? even(times, end, Math.max(room, EVEN)) : squeezed(times, end, room);
  const x = (t) => LEFT + scale.x(t);
  const view = { x, from, end, replay, right: LEFT + scale.width, seam: seamOf(turns, x, replay) };
  const shapes = [];
  const rules = [];
  const left = [];
  let furthest = Math.max(view.right + RIGHT, width);
  let y = TOP;
  for (const lane of LANES) {
    const { rows, drawn, to } = fill(lane.id, story, turns, view, y + CAPTION);
    if (rows === 0) continue;
    left.push(text(LEFT, y + 16, lane.name, "lane-name"));
    shapes.push(group(drawn, `lane lane-${lane.id}`));
    y += CAPTION + rows * STEP + 6;
    rules.push(y - 3);
    furthest = Math.max(furthest, to + GAP);
  }
  shapes.unshift(...rules.map((at) => line(0, at, furthest, at, "rule")));
  return { width: furthest, height: y + (view.seam === null ? 4 : 22), left, shapes: [...axis(scale, x, from, y), ...seam(view.seam, y), ...shapes] };
}

/** The moments, above, and a fine line down from each. */
function axis(scale, x, from, height) {
  const labels = ticks(scale, 84).map((t, i) => text(x(t), 20, i === 0 ? clockTime(t) : `+${duration(t - from)}`, "tick"));
  return [...ticks(scale, 18).map((t) => line(x(t), TOP - 6, x(t), height, "grid")), ...labels];
}

/** Where the replayed part of the history ends: between the last turn that was replayed and what came after. */
function seamOf(turns, x, replay) {
  const last = replay && turns.findLast((t) => replayed(t.row, replay));
  return last ? Math.max(x(last.at) + 9, x(replay.at) - 9) : null;
}

const seam = (at, height) => (at === null ? [] : [path(`M${r(at)} ${TOP - 8}V${height}`, "seam"), text(at, height + 13, "◂ replayed · new ▸", "seam-words")]);

/** What stands in a lane, each in the first row that has room for it. */
function fill(lane, story, turns, view, top) {
  const things = [
    ...story.spans.filter((s) => s.lane === lane && (s.to ?? view.end) >= view.from).map((s) => bar(s, view)),
    ...story.marks.filter((m) => m.lane === lane && m.at >= view.from).map((m) => dot(m, view)),
  ].sort((a, b) => a.from - b.from);
  const ends = [];
  const drawn = [];
  if (lane === "turns") {
    ends.push(Infinity); // The turns themselves have the first row.
    drawn.push(...turns.map((t) => circle(view.x(t.at), top + BAR / 2, 5.5, look("turn", replayed(t.row, view.replay)), { row: t.row })));
    if (story.end) things.push(finish(story.end, view));
  }
  const rest = [];
  let to = 0;
  for (const thing of things) {
    let row = ends.findIndex((e) => e + GAP <= thing.from);
    if (row < 0 && ends.length < ROWS) row = ends.push(0) - 1;
    if (row < 0) {
      rest.push(thing);
      continue;
    }
    ends[row] = thing.to;
    to = Math.max(to, thing.to);
    drawn.push(group(thing.draw(top + row * STEP), thing.kind, { row: thing.row, hint: thing.hint }));
  }
  if (rest.length) drawn.push(...crowd(rest, view, top + ends.length * STEP));
  return { rows: ends.length + (rest.length ? 1 : 0), drawn, to };
}

/** What finds no room: how many there are at each time, as a course, and points that stand for themselves. */
function crowd(rest, { x, end }, y) {
  const points = rest.filter((thing) => thing.point).map((thing) => group(thing.draw(y).slice(0, 1), thing.kind, { row: thing.row, hint: thing.hint }));
  const bars = rest.filter((thing) => !thing.point);
  if (bars.length === 0) return points;
  const steps = new Map();
  for (const [at, by] of bars.flatMap((b) => [[r(b.from), 1], [r(b.bare), -1]])) steps.set(at, (steps.get(at) ?? 0) + by);
  let now = 0;
  const course = [...steps].sort((a, b) => a[0] - b[0]).map(([at, by]) => [at, (now += by)]);
  const most = Math.max(...course.map(([, n]) => n));
  const floor = y + BAR + 4;
  const up = (n) => r(floor - (n / most) * BAR);
  let d = `M${r(course[0][0])} ${floor}`;
  for (const [at, n] of course) d += `H${r(at)}V${up(n)}`;
  const words = `${bars.length.toLocaleString("en")} more, up to ${most.toLocaleString("en")} at once`;
  return [path(`${d}Z`, "crowd", { hint: words }), text(Math.min(course[0][0] + 8, x(end)), y + 15.5, words, "over-hollow strong"), ...points];
}

const look = (kind, hollow) => (hollow ? `${kind} hollow` : kind);
const SIGNS = { failed: "✕ ", cancelled: "⊘ ", dropped: "⊘ " };

/** A bar from scheduled to completed. One that was replayed in part is hollow up to where it was. */
function bar(span, { x, end, replay, from, seam: at }) {
  const [a, b] = [x(Math.max(span.from, from)), Math.max(x(span.to ?? end), x(Math.max(span.from, from)) + 8)];
  const began = replayed(span.start, replay);
  const over = span.last ? replayed(span.last, replay) : false;
  const seamAt = began && !over ? Math.min(Math.max(at ?? a, a), b) : over ? b : a;
  const length = duration((span.to ?? end) - span.from);
  const full = `${SIGNS[span.state] ?? ""}${span.name} ${length}`;
  const inside = wide(full) + 14 <= b - a;
  const words = fit(full, inside ? b - a : LONGEST);
  const live = span.to === null;
  const draw = (y) => [
    ...(seamAt > a ? [rect(a, y, seamAt - a, BAR, "bar hollow")] : []),
    ...(seamAt < b ? [rect(seamAt, y, b - seamAt, BAR, "bar")] : []),
    ...(live ? [circle(b, y + BAR / 2, 5, "pulse")] : []),
    text(inside ? a + 8 : b + 8, y + 15.5, words, inside ? (seamAt > a ? "over-hollow" : "inside") : "beside"),
  ];
  const hint = `${span.name}: ${span.state === "open" ? "still open" : span.state}, ${length}${span.due ? `, due ${clockTime(span.due)}` : ""}`;
  return { from: a, to: inside ? b : b + 8 + wide(words), bare: b, row: span.last ?? span.start, kind: `span ${span.state}`, draw, hint };
}

const POINTS = { EventRaised: "M-6 -5H6L0 6Z", EventSent: "M-6 5H6L0 -6Z", Published: "M0 -7L7 0L0 7L-7 0Z", SignalSent: "M-5 -6L6 0L-5 6Z" };

/** What happened at once: raised events point down, what was sent points up, what was published is a diamond. */
function dot(mark, { x, replay }) {
  const at = x(mark.at) + 7;
  const words = fit(mark.answer?.failure ? `✕ ${mark.name}` : mark.name, LONGEST);
  const kind = look("point", replayed(mark.row, replay));
  const draw = (y) => [
    POINTS[mark.what] ? shape("path", { d: POINTS[mark.what], class: kind, transform: `translate(${r(at)} ${y + BAR / 2})` }) : circle(at, y + BAR / 2, 5, kind),
    text(at + 12, y + 15.5, words, "beside"),
  ];
  const answered = mark.answer ? (mark.answer.failure ? ", refused" : ", answered") : "";
  return {
    from: at - 8, to: at + 12 + wide(words), point: true, row: mark.row, draw, hint: `${mark.what}: ${mark.name}${answered}`,
    kind: mark.answer?.failure ? "mark failed" : "mark",
  };
}

function finish(row, { x, replay }) {
  const failed = row.failure || row.type === "ExecutionTerminated";
  const words = row.type === "ExecutionTerminated" ? "terminated" : failed ? "failed" : "completed";
  const at = x(row.time) + 7;
  const draw = (y) => [
    rect(at - 5, y + BAR / 2 - 5, 10, 10, look("point", replayed(row, replay))),
    text(at + 12, y + 15.5, `${failed ? "✕" : "✓"} ${words}`, "beside strong"),
  ];
  return { from: at - 8, to: at + 20 + wide(words), point: true, row, draw, hint: `The orchestration ${words}`, kind: failed ? "mark failed" : "mark" };
}
