/** What the inspector draws: from rows of a history to spans, and from those to shapes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { digest, entityName, gist, replayed } from "../inspector/digest.js";
import { columns, graph, layout, summed } from "../inspector/graph.js";
import { even, room, squeezed } from "../inspector/scale.js";
import { messages, sequence } from "../inspector/sequence.js";
import { every } from "../inspector/shapes.js";
import { TURNS, timeline } from "../inspector/timeline.js";

/** Numbers rows, and gives each the time of its turn. */
function history(...turns) {
  let n = 0;
  return turns.flatMap(([time, ...rows]) => [{ type: "TurnStarted" }, ...rows].map((row) => ({ n: ++n, time, ...row })));
}

const SETTLE = history(
  [1000, { type: "ExecutionStarted", name: "match", input: { game: "rps" } }, { type: "TimerCreated", task: 1, due: 61_000 }],
  [1500, { type: "EventRaised", name: "command", input: { k: "move", m: "rock" } }, { type: "Published", task: 1 }, { type: "Published", task: 2 }, { type: "Answered", task: 1 }, { type: "TimerCancelled", task: 1 },
    { type: "CallScheduled", task: 2, op: "lock", target: "@player@ann" }],
  [1600, { type: "CallCompleted", task: 2 }, { type: "CallScheduled", task: 3, op: "call", name: "rate", target: "@player@ann" }, { type: "TaskScheduled", task: 4, name: "think" }],
  [1700, { type: "CallFailed", task: 3, failure: { message: "no such player" } }, { type: "SignalSent", op: "release", target: "@player@ann" }],
);
const find = (story, name) => story.spans.find((s) => s.name.startsWith(name));
const classes = (drawing) => [...every(drawing.shapes)].map((s) => s.attrs.class ?? "");
const words = (drawing) => [...every([...drawing.shapes, ...(drawing.left ?? []), ...(drawing.top ?? [])])].map((s) => s.words).filter(Boolean);

test("what was scheduled and how it ended is one span", () => {
  const story = digest(SETTLE);
  assert.equal(story.turns.length, 4);
  assert.deepEqual([find(story, "timer").state, find(story, "timer").to], ["cancelled", 1500]);
  assert.deepEqual([find(story, "player ann.rate").state, find(story, "player ann.rate").lane], ["failed", "entities"]);
  assert.deepEqual([find(story, "think").state, find(story, "think").to], ["open", null]);
});

test("a lock is waited for, and then held until it is released", () => {
  const story = digest(SETTLE);
  assert.deepEqual([find(story, "lock player ann").from, find(story, "lock player ann").to], [1500, 1600]);
  assert.deepEqual([find(story, "holds player ann").from, find(story, "holds player ann").to, find(story, "holds player ann").state], [1600, 1700, "done"]);
});

test("an answer in a later turn makes a span of its request, one in the same turn a mark", () => {
  const at = (when) => digest(history([0, { type: "EventRaised", name: "first" }], [10, { type: "EventRaised", name: "ask" }], [when, { type: "Answered", task: 2 }]));
  assert.deepEqual(at(10).marks.map((m) => [m.name, !!m.answer]), [["first", false], ["ask", true]]);
  const late = at(90);
  assert.deepEqual(late.spans.map((s) => [s.name, s.from, s.to]), [["ask", 10, 90]]);
  assert.deepEqual(late.marks.map((m) => m.name), ["first"]);
});

test("what a turn publishes in one go is one mark", () => {
  assert.deepEqual(digest(SETTLE).marks.filter((m) => m.what === "Published").map((m) => m.name), ["published 1–2"]);
});

test("the end of an orchestration ends what is open", () => {
  const story = digest(history([0, { type: "TaskScheduled", task: 1, name: "slow" }], [50, { type: "ExecutionTerminated" }]));
  assert.deepEqual([story.spans[0].state, story.spans[0].to, story.end.type], ["dropped", 50, "ExecutionTerminated"]);
});

test("names are short, and bodies are told by their words", () => {
  assert.equal(entityName("@player@hjpv2syalczr3mzdqz"), "player hjpv2sya…");
  assert.equal(entityName("@till@"), "till");
  assert.equal(gist({ k: "move", m: "paper", deep: [1, { a: true }] }), "move paper 1 true");
  assert.equal(gist(undefined), "");
});

test("gaps take room by their length, but a day no more than a few inches", () => {
  assert.ok(room(1) < room(1000) && room(1000) < room(60_000) && room(86_400_000) === room(9e12));
  const scale = squeezed([0, 10, 20, 60_020], 60_020);
  const xs = [0, 10, 15, 20, 30_000, 60_020, 99_999].map(scale.x);
  assert.deepEqual(xs, [...xs].sort((a, b) => a - b), "places are in the order of time");
  assert.ok(xs[1] - xs[0] >= 20 && xs.at(-1) === scale.width);
  assert.ok(squeezed([0, 10], 10, 1000).width > squeezed([0, 10], 10).width, "what is short fills the room");
  assert.deepEqual([0, 50, 100].map(even([0, 100], 100, 400).x), [0, 200, 400]);
});

test("a timeline has a lane for what there is, and none for what there is not", () => {
  const drawing = timeline(digest(SETTLE), { now: 2000 });
  assert.deepEqual(drawing.left.map((s) => s.words), ["Turns", "Activities", "Timers", "Events", "Entities and locks"]);
  assert.ok(words(drawing).some((w) => w.startsWith("✕ player ann.rate")), "a failure is told by a sign, not by colour alone");
  assert.ok(words(drawing).includes("command move rock"));
  assert.equal(classes(drawing).filter((c) => c === "turn").length, 4);
});

test("bars that are open grow with time", () => {
  const width = (now) => {
    const group = [...every(timeline(digest(SETTLE), { now }).shapes)].find((s) => s.attrs.class === "span open");
    assert.ok(group.children.some((s) => s.attrs.class === "pulse"));
    return group.children.find((s) => s.tag === "rect").attrs.width;
  };
  assert.ok(width(5000) > width(2500));
});

test("what was replayed is hollow, and what came since is not", () => {
  const replay = { rows: SETTLE.filter((r) => r.time <= 1600).length, at: 1650, boot: "b" };
  const drawing = timeline(digest(SETTLE), { now: 2000, replay });
  assert.equal(classes(drawing).filter((c) => c === "turn hollow").length, 3);
  assert.equal(classes(drawing).filter((c) => c === "turn").length, 1);
  assert.ok(words(drawing).includes("◂ replayed · new ▸"));
  // The activity was begun before the replay and goes on: hollow up to it, filled since.
  const open = [...every(drawing.shapes)].find((s) => s.attrs.class === "span open");
  assert.deepEqual(open.children.filter((s) => s.tag === "rect").map((s) => s.attrs.class), ["bar hollow", "bar"]);
  assert.ok(classes(timeline(digest(SETTLE), { now: 2000 })).every((c) => !c.includes("hollow")));
  assert.equal(replayed(SETTLE[0], null), false);
});

test("of a long history the latest turns are drawn, within a moment", () => {
  const long = history(...Array.from({ length: 3000 }, (_, i) => [i * 50, { type: "EventRaised", name: "command" }, { type: "Published", task: i + 1 }]));
  const began = performance.now();
  const drawing = timeline(digest(long), { now: 150_000 });
  assert.ok(performance.now() - began < 500);
  assert.equal(classes(drawing).filter((c) => c === "turn").length, TURNS);
  assert.ok([...every(drawing.shapes)].every((s) => Object.values(s.attrs).every((v) => !Number.isNaN(v))));
});

test("a sequence diagram tells who told whom what", () => {
  const told = messages(SETTLE, "").filter((m) => !m.turn).map((m) => `${m.from} > ${m.to}: ${m.words}`);
  assert.deepEqual(told, [
    "outside > self: start rps",
    "self > clock: wake me in 1 min",
    "outside > self: command move rock",
    "self > outside: publish 1 to 2",
    "self > outside: answer",
    "self > clock: never mind",
    "self > @player@ann: lock",
    "@player@ann > self: done",
    "self > @player@ann: rate",
    "self > activity think: think",
    "@player@ann > self: no such player",
    "self > @player@ann: release",
  ]);
  const drawing = sequence(SETTLE, { name: "match", replay: { rows: 3, at: 0 } });
  assert.ok(words(drawing).includes("player ann") && words(drawing).includes("✕ no such player"));
  assert.equal(classes(drawing).filter((c) => c.includes("hollow")).length, 2);
});

test("a sequence diagram has room for so many, and the rest share a lifeline", () => {
  const rows = history([0, ...Array.from({ length: 40 }, (_, i) => ({ type: "SignalSent", op: "signal", name: "hi", target: `@e@${i}` }))]);
  const drawing = sequence(rows, { name: "many" });
  assert.ok(words(drawing).includes("all the rest") && drawing.width < 2000);
});

const FAMILY = {
  nodes: [
    { id: "root", kind: "orchestration", name: "rush", state: "Running" },
    { id: "a", kind: "orchestration", name: "checkout", state: "Completed" },
    { id: "b", kind: "orchestration", name: "checkout", state: "Failed" },
    { id: "@stock@crown", kind: "entity", name: "stock" },
  ],
  edges: [
    { from: "root", to: "a", what: "child", count: 1 },
    { from: "root", to: "b", what: "child", count: 1 },
    { from: "a", to: "@stock@crown", what: "call", count: 2 },
    { from: "b", to: "@stock@crown", what: "call", count: 1 },
    { from: "b", to: "@stock@crown", what: "signal", count: 3 },
    { from: "a", to: "root", what: "event", count: 1 },
  ],
};

test("a call graph goes from who starts to what is called", () => {
  assert.deepEqual([...columns(FAMILY.nodes, FAMILY.edges)], [["root", 0], ["a", 1], ["b", 1], ["@stock@crown", 2]]);
  const { places } = layout(FAMILY.nodes, FAMILY.edges);
  assert.notEqual(places.get("a").y, places.get("b").y);
  const drawing = graph(FAMILY, "a");
  assert.deepEqual([...every(drawing.shapes)].map((s) => s.href).filter(Boolean), ["/inspector/i/root", "/inspector/i/b", "/inspector/e/stock/crown"]);
  assert.ok(words(drawing).some((w) => w.startsWith("calls, signals")), "edges between the same two are one");
});

test("circles, edges to nowhere and no family at all are drawn, too", () => {
  const circle = { nodes: FAMILY.nodes.slice(0, 2), edges: [{ from: "root", to: "a", what: "child", count: 1 }, { from: "a", to: "root", what: "call", count: 1 }, { from: "a", to: "gone", what: "child", count: 1 }] };
  assert.equal(graph(circle, "root").shapes.length, 4);
  assert.deepEqual(graph({ nodes: [], edges: [] }, "x").shapes, []);
});

test("what finds no room in a lane is summed up, not drawn over the rest", () => {
  const rows = history([0, ...Array.from({ length: 100 }, (_, i) => ({ type: "TaskScheduled", task: i + 1, name: `verify ${i}` }))], [500, ...Array.from({ length: 100 }, (_, i) => ({ type: "TaskCompleted", task: i + 1 }))]);
  const drawing = timeline(digest(rows), { now: 500 });
  assert.ok(words(drawing).includes("93 more, up to 93 at once"));
  assert.equal(classes(drawing).filter((c) => c === "bar").length, 7);
});

test("many that are alike are a few of them and one for the rest", () => {
  const carts = Array.from({ length: 50 }, (_, i) => ({ id: `c${i}`, kind: "orchestration", name: "checkout", state: i < 10 ? "Running" : "Completed" }));
  const family = { nodes: [{ id: "rush", kind: "orchestration", name: "rush" }, ...carts], edges: carts.map((c) => ({ from: "rush", to: c.id, what: "child", count: 1 })) };
  const few = summed(family, "c40");
  assert.equal(few.nodes.length, 6, "the root, three, the one whose page it is, and the rest");
  assert.ok(few.nodes.some((n) => n.id === "c40"));
  assert.ok(words(graph(family, "c40")).includes("checkout, 46 more"));
  assert.ok(words(graph(family, "c40")).includes("7 running, 39 completed"));
});
