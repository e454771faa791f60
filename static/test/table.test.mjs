/** What a match knows beyond its moves: offers, presence, ratings, scores, chat, and clocks that stood still. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { stoodStill } from "../js/net/clock.js";
import { INFO, OPENING, atTheBoard, newPage, view } from "./world.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

const ev = (seq, k, d, more) => ({ t: "ev", m: "m1", seq, k, d, ...more });
const WIN = { kind: "win", winners: [1], reason: "line" };

test("an offer stands until it is answered, and is known by who made it", () => {
  const { page, match } = atTheBoard();
  page.say(ev(4, "offered", { seat: 1, what: "draw" }));
  assert.deepEqual([match.offers.draw, match.offeredByOthers("draw"), match.offeredByOthers("takeback")], [[1], true, false]);
  page.say(ev(5, "answered", { seat: 0, what: "draw", yes: false }));
  assert.equal(match.offeredByOthers("draw"), false);
  page.say(ev(6, "offered", { seat: 0, what: "rematch" }));
  assert.equal(match.offeredByOthers("rematch"), false);
  page.say(ev(7, "offered", { seat: 1, what: "rematch" }));
  assert.deepEqual([match.offers.rematch, match.offeredByOthers("rematch")], [[0, 1], true]);
  page.say(ev(8, "started", { n: 2, first: 1 }, { view: view(0, ".........", 1) }));
  assert.deepEqual(match.offers, {});
});

test("a move says no to the other's draw, and to any takeback", () => {
  const { page, match } = atTheBoard();
  page.say(ev(4, "offered", { seat: 0, what: "draw" }), ev(5, "offered", { seat: 1, what: "draw" }), ev(6, "offered", { seat: 1, what: "takeback" }));
  page.say(ev(7, "moved", { seat: 0, move: "5" }, { view: view(1, "....0....", 1) }));
  assert.deepEqual([match.offers.draw, match.offeredByOthers("takeback")], [[0], false]);
  page.say(ev(8, "moved", { seat: 1, move: "1" }, { view: view(2, "1...0....", 0) }));
  assert.deepEqual(match.offers.draw, []);
});

test("a takeback takes the moves out of the list, and the offer with them", () => {
  const { page, match } = atTheBoard();
  page.say(ev(4, "moved", { seat: 0, move: "5" }, { view: view(1, "....0....", 1) }));
  page.say(ev(5, "moved", { seat: 1, move: "1" }, { view: view(2, "1...0....", 0) }));
  page.say(ev(6, "offered", { seat: 0, what: "takeback" }));
  page.say(ev(7, "answered", { seat: 1, what: "takeback", yes: true }), ev(8, "takenback", { to: 3 }, { view: view(3, ".........", 0) }));
  assert.deepEqual([match.moves, match.offers.takeback, match.view.board], [[], undefined, "........."]);
  page.say(ev(9, "moved", { seat: 0, move: "9" }, { view: view(4, "........0", 1) }));
  assert.deepEqual(match.moves.map((m) => m.seq), [9]);
});

test("who is away is known until they are back, or the game is over", () => {
  const { page, match } = atTheBoard();
  page.say(ev(4, "gone", { seat: 1 }));
  assert.deepEqual([...match.away], [1]);
  page.say(ev(5, "back", { seat: 1 }));
  assert.deepEqual([...match.away], []);
  page.say(ev(6, "gone", { seat: 1 }), ev(7, "ended", { result: WIN }));
  assert.deepEqual([...match.away], []);
});

test("who said that they are ready is known until the game starts", () => {
  const page = newPage();
  const match = page.client.follow("m1");
  page.hello();
  page.say(OPENING[0], OPENING[1], { t: "live", m: "m1", seq: 2, view: {}, match: { ...INFO, state: "ready", seq: 2 }, clock: null });
  page.say(ev(3, "ready", { seat: 1 }));
  assert.deepEqual([...match.ready], [1]);
  page.client.act(match, "ready");
  assert.equal(match.asking("ready"), true);
  page.say(ev(4, "ready", { seat: 0 }), ev(5, "started", { n: 1, first: 0 }, { view: view(0, ".........", 0) }));
  assert.deepEqual([[...match.ready], match.info.state], [[], "playing"]);
});

test("a seat that chose is marked until the phase is over, live and after a reload", () => {
  const both = (phase, actors) => ({ actors, board: "x", moves: null, phase, result: null });
  const { page, match } = atTheBoard();
  page.say(ev(4, "moved", { seat: 1 }, { view: both(0, [0]) }));
  assert.deepEqual([...match.chosen], [1]);
  page.say(ev(5, "moved", { seat: 0, move: "rock" }), ev(6, "revealed", { moves: ["rock", "paper"] }, { view: both(1, [0, 1]) }));
  assert.deepEqual([...match.chosen], []);

  const later = newPage();
  const again = later.client.follow("m1");
  later.hello();
  later.say(...OPENING.slice(0, 2), ev(3, "started", { n: 1, first: 0 }), ev(4, "moved", { seat: 1 }), ev(5, "moved", { seat: 0, move: "rock" }));
  later.say(ev(6, "revealed", { moves: [] }), ev(7, "moved", { seat: 1 }, { view: both(1, [0]) }));
  later.say({ t: "live", m: "m1", seq: 7, view: both(1, [0]), match: { ...INFO, seq: 7 }, clock: null });
  assert.deepEqual([...again.chosen], [1]);
});

test("in a game of turns nobody has chosen in the phase of another", () => {
  const { page, match } = atTheBoard();
  page.say(ev(4, "moved", { seat: 0, move: "5" }, { view: view(1, "....0....", 1) }));
  assert.deepEqual([...match.chosen], []);
});

test("hidden moves are asked for when the game is over, and filled in", () => {
  const { page, match } = atTheBoard();
  let gaps = 0;
  match.on("gap", () => gaps++);
  page.say(ev(4, "moved", { seat: 1 }), ev(5, "lapsed", { seat: 0 }, { view: view(1, "x", 0) }));
  assert.equal(gaps, 0);
  page.say(ev(6, "ended", { result: WIN }));
  assert.equal(gaps, 1);
  match.setRecord({ n: 1, result: WIN, moves: [{ seq: 4, seat: 1, move: "rock" }, { seq: 5, seat: 0, lapsed: true }] });
  assert.deepEqual(match.moves, [{ seq: 4, seat: 1, move: "rock" }, { seq: 5, seat: 0, lapsed: true }]);
});

test("the results of a series are kept; those before a sync can be filled in", () => {
  const { page, match } = atTheBoard();
  page.say(ev(4, "ended", { result: WIN }), ev(5, "started", { n: 2, first: 1 }, { view: view(0, ".........", 1) }));
  assert.deepEqual([...match.results], [[1, WIN]]);
  page.say({ t: "sync", m: "m1", seq: 40, seat: 0, view: view(3, "x", 0), match: { ...INFO, seq: 40 }, clock: null });
  assert.equal(match.results.size, 0);
  match.setRecord({ n: 3, moves: [], result: null });
  match.setResult(1, WIN);
  assert.deepEqual([match.game, [...match.results]], [3, [[1, WIN]]]);
  match.setRecord({ n: 2, moves: [{ seq: 9, seat: 0, move: "1" }], result: WIN }); // an answer that was long under way
  assert.deepEqual([match.game, match.moves], [3, []]);
});

test("ratings are settled after the end", () => {
  const { page, match } = atTheBoard();
  const d = { before: [1500, 1500], after: [1338, 1662] };
  page.say(ev(4, "ended", { result: WIN }), ev(5, "settled", d));
  assert.deepEqual(match.settled, d);
  page.say(ev(6, "started", { n: 2, first: 1 }, { view: view(0, ".........", 1) }));
  assert.equal(match.settled, null);
});

test("chat is part of the story; what is not confirmed is shown apart, and comes back if it is refused", () => {
  const { page, match } = atTheBoard();
  const refused = [];
  match.on("refused", (command, nack) => refused.push([command.frame.text, nack.code]));
  page.client.chat(match, "hello");
  assert.deepEqual(match.unsaid(), ["hello"]);
  const sent = page.sent().find((f) => f.t === "chat");
  assert.deepEqual([sent.text, sent.m], ["hello", "m1"]);
  page.say({ t: "ack", id: sent.id, m: "m1", seq: 4 }, ev(4, "chat", { seat: 0, text: "hello" }));
  assert.deepEqual([match.unsaid(), match.story.at(-1)], [[], { seq: 4, k: "chat", d: { seat: 0, text: "hello" } }]);

  page.client.chat(match, "too much");
  const second = page.sent().findLast((f) => f.t === "chat");
  page.say({ t: "nack", id: second.id, m: "m1", code: "rate_limited", msg: "Slower", retry: 900 });
  mock.timers.tick(5_000);
  assert.deepEqual([refused, page.sent().filter((f) => f.t === "chat").length], [[["too much", "rate_limited"]], 2]);
});

test("how long clocks stood still is what was not charged", () => {
  const at = (now, left, running = [0]) => ({ left, running, now, increment: 0, perMove: 0 });
  assert.equal(stoodStill(at(1_000, [60_000, 60_000]), at(9_000, [57_000, 60_000])), 5_000);
  assert.equal(stoodStill(at(1_000, [60_000, 60_000]), at(9_000, [52_000, 60_000])), 0);
  assert.equal(stoodStill(at(1_000, [60_000, 60_000]), at(9_000, [60_010, 60_000])), 8_000);
  assert.equal(stoodStill(at(1_000, [10_000, 10_000]), at(9_000, [60_000, 60_000])), 0); // of another game
  // Somebody moved: 2 s of one and 1 s of the other are charged, and an increment of 500 ms is given.
  assert.equal(stoodStill(at(1_000, [60_000, 60_000]), { ...at(9_000, [58_500, 59_000], [1]), increment: 500 }, 1), 5_000);
  assert.equal(stoodStill(at(1_000, [60_000, 60_000], [0, 1]), at(9_000, [57_000, 57_000], [0, 1])), 0);
  assert.equal(stoodStill(at(1_000, [60_000, 60_000]), { ...at(9_000, [60_000, 60_000], [1]), perMove: 60_000 }, 1), 0);
  assert.equal(stoodStill(at(1_000, [60_000, 60_000], []), at(9_000, [60_000, 60_000], [])), 0);
  assert.equal(stoodStill(null, at(1, [1])), 0);
  assert.equal(stoodStill(at(1, [1]), null), 0);
});

test("a cut tells how long the clocks stood still, also when somebody moved", async () => {
  const clock = (now, left) => ({ left, running: [0], now, increment: 0, perMove: 0 });
  const { page, match } = atTheBoard();
  const still = [];
  page.client.on("stood-still", (ms) => still.push(ms));
  match.clock = clock(1_000, [60_000, 60_000]);
  const live = (seq, c) => ({ t: "live", m: "m1", seq, view: view(0, ".........", 0), match: INFO, clock: c });
  page.cut();
  await page.redial();
  page.hello({ boot: "b2" });
  page.say(live(3, clock(9_000, [57_000, 60_000])));
  assert.deepEqual(still, [5_000]);
  page.cut();
  await page.redial();
  page.hello({ boot: "b3" });
  page.say(ev(4, "moved", { seat: 0, move: "5" }), live(4, clock(29_000, [56_000, 60_000])));
  assert.deepEqual(still, [5_000, 19_000]);
});
