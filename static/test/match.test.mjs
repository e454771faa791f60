import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { HELLO, INFO, OPENING, atTheBoard, memoryStorage, newPage, view } from "./world.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

const moved = (seq, seat, move, after) => ({ t: "ev", m: "m1", seq, k: "moved", d: { seat, move }, view: after });

test("a match is followed from the first event, and its seat and moves are known", () => {
  const { page, match } = atTheBoard();
  assert.deepEqual(page.sent(), [{ t: "watch", m: "m1", after: 0, epoch: "e1" }]);
  assert.equal(match.seat, 0);
  assert.equal(match.live, true);
  assert.equal(match.toMove(), true);
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  assert.deepEqual(match.moves, [{ seq: 4, seat: 0, move: "5" }]);
});

test("before the first game there is no position, however the view says so", () => {
  for (const none of [{}, { actors: [], moves: null, phase: 0, result: null }]) {
    const page = newPage();
    const match = page.client.follow("m1");
    page.hello();
    page.say(OPENING[0], { t: "live", m: "m1", seq: 1, view: none, match: { ...INFO, state: "open", seq: 1 }, clock: null });
    assert.equal(match.view, null);
    page.say(...OPENING.slice(1, 3));
    assert.equal(match.view.board, ".........");
    assert.equal(match.toMove(), true);
  }
});

test("an event that was seen is ignored", () => {
  const { page, match } = atTheBoard();
  const event = moved(4, 0, "5", view(1, "....0....", 1));
  page.say(event, event, OPENING[0], { ...event, seq: 2, view: view(9, "000000000", 0) });
  assert.equal(match.seq, 4);
  assert.equal(match.moves.length, 1);
  assert.equal(match.view.board, "....0....");
});

test("a gap is answered by watching again from the last number, once", () => {
  const { page, match } = atTheBoard();
  page.say(moved(6, 0, "2", view(3, "10..0....", 0)), moved(7, 1, "3", view(4, "101.0....", 0)));
  assert.equal(match.seq, 3);
  assert.deepEqual(page.sent().slice(1), [{ t: "watch", m: "m1", after: 3, epoch: "e1" }]);
});

test("a sync replaces everything and asks for the moves that it jumped over", () => {
  const { page, match } = atTheBoard();
  let gaps = 0;
  match.on("gap", () => gaps++);
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  page.say({
    t: "sync",
    m: "m1",
    seq: 40,
    seat: 1,
    view: view(7, "01.......", 1),
    match: { ...INFO, seq: 40 },
    clock: null,
    reset: true,
  });
  assert.deepEqual([match.seq, match.seat, match.view.board, match.moves.length, gaps], [40, 1, "01.......", 0, 1]);
  assert.equal(match.live, true);
  page.say(moved(41, 1, "9", view(8, "01......1", 0)));
  match.setRecord({
    moves: [
      { seq: 38, seat: 0, move: "1" },
      { seq: 39, seat: 0, move: "4", undone: true },
      { seq: 40, seat: 1, move: "2" },
      { seq: 41, seat: 1, move: "9" },
    ],
  });
  assert.deepEqual(
    match.moves.map((m) => m.seq),
    [38, 40, 41],
  );
});

test("after a cut, the match goes on from its last event, and what was missed arrives in order, once", async () => {
  const { page, match } = atTheBoard();
  const caughtUp = [];
  const told = [];
  match.on("caught-up", (events) => caughtUp.push(...events.map((e) => e.seq)));
  match.on("event", (event) => told.push(event.seq));
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  page.cut();
  await page.redial();
  page.hello();
  assert.deepEqual(page.sent(), [{ t: "watch", m: "m1", after: 4, epoch: "e1" }]);
  const { view: _, ...silent } = moved(5, 1, "1");
  page.say(silent, moved(6, 0, "2", view(3, "10..0....", 1)), {
    t: "live",
    m: "m1",
    seq: 6,
    view: view(3, "10..0....", 1),
    match: INFO,
    clock: null,
  });
  assert.deepEqual(
    match.moves.map((m) => m.seq),
    [4, 5, 6],
  );
  assert.deepEqual(caughtUp, [5, 6]);
  assert.deepEqual(told, [4]);
});

test("another epoch forgets the numbers", async () => {
  const { page, match } = atTheBoard();
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  page.cut();
  await page.redial();
  page.hello({ boot: "b2", epoch: "e2" });
  assert.deepEqual(page.sent(), [{ t: "watch", m: "m1", after: 0, epoch: "e2" }]);
  page.say(...OPENING);
  assert.equal(match.seq, 3);
  assert.equal(match.moves.length, 0);
});

test("a double click sends one move, shown as pending at once and solid after its ack", () => {
  const { page, match } = atTheBoard();
  assert.equal(page.client.move(match, "5"), true);
  assert.equal(page.client.move(match, "5"), false);
  assert.equal(page.client.move(match, "6"), false);
  const [sent, ...more] = page.moves();
  assert.deepEqual([sent.move, sent.seq, more.length], ["5", 3, 0]);
  assert.deepEqual(match.pending(), [{ move: "5", accepted: false }]);
  page.say({ t: "ack", id: sent.id, m: "m1", seq: 4 });
  assert.deepEqual(match.pending(), [{ move: "5", accepted: true }]);
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  assert.deepEqual(match.pending(), []);
});

test("the event may come before its ack", () => {
  const { page, match } = atTheBoard();
  page.client.move(match, "5");
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  assert.deepEqual(match.pending(), []);
  page.say({ t: "ack", id: page.moves()[0].id, m: "m1", seq: 4 });
  assert.deepEqual(match.pending(), []);
  assert.equal(match.moves.length, 1);
});

test("a nack rolls the move back and says why", () => {
  const { page, match } = atTheBoard();
  const refused = [];
  match.on("refused", (command, nack) => refused.push([command.frame.move, nack.msg]));
  page.client.move(match, "5");
  page.say({ t: "nack", id: page.moves()[0].id, m: "m1", code: "illegal_move", msg: "Cell 5 is taken" });
  assert.deepEqual(refused, [["5", "Cell 5 is taken"]]);
  assert.deepEqual(match.pending(), []);
  assert.equal(match.toMove(), true);
});

test("a busy server is asked again with the same id, and not for ever", () => {
  const { page, match } = atTheBoard();
  let refused = 0;
  match.on("refused", () => refused++);
  page.client.move(match, "5");
  const { id } = page.moves()[0];
  for (let i = 1; i <= 5; i++) {
    page.say({ t: "nack", id, m: "m1", code: "busy", msg: "Busy", retry: 200 });
    mock.timers.tick(200);
    assert.equal(page.moves().length, i + 1);
    assert.equal(refused, 0);
  }
  page.say({ t: "nack", id, m: "m1", code: "busy", msg: "Busy", retry: 200 });
  assert.equal(refused, 1);
  assert.ok(page.moves().every((frame) => frame.id === id));
});

test("after a cut, what is not acknowledged is sent again: after the watch, in order, as it was", async () => {
  const { page, match } = atTheBoard();
  page.client.move(match, "5");
  page.client.act(match, "resign");
  const before = page.sent().slice(1);
  assert.deepEqual(
    before.map((f) => f.t),
    ["move", "act"],
  );
  page.cut();
  await page.redial();
  assert.deepEqual(page.wire.sent, []); // nothing before hello
  page.hello();
  assert.deepEqual(page.sent(), [{ t: "watch", m: "m1", after: 3, epoch: "e1" }, ...before]);
  page.say({ t: "ack", id: before[0].id, m: "m1", seq: 4 });
  page.cut();
  await page.redial();
  page.hello();
  assert.deepEqual(page.sent().slice(1), [before[1]]);
});

test("a move made while the server is down is kept, shown, and delivered once it is back", async () => {
  const { page, match } = atTheBoard();
  page.cut();
  const wire = page.wire;
  assert.equal(page.client.move(match, "5"), true);
  assert.deepEqual(match.pending(), [{ move: "5", accepted: false }]);
  assert.equal(
    wire.sent.some((f) => f.t === "move"),
    false,
  );
  await page.redial();
  page.hello({ boot: "b2" });
  assert.equal(page.moves().length, 1);
});

test("even a reload delivers what was not acknowledged, with the same id", () => {
  const storage = memoryStorage();
  const before = atTheBoard({ storage });
  before.page.client.move(before.match, "5");
  const sent = before.page.moves();
  const after = newPage({ storage });
  after.client.deliverLeftovers();
  after.hello();
  assert.deepEqual(after.sent(), sent);
  const match = after.client.follow("m1");
  after.say(...OPENING);
  assert.deepEqual(match.pending(), [{ move: "5", accepted: false }]);
  after.say({ t: "ack", id: sent[0].id, m: "m1", seq: 4 });
  const third = newPage({ storage });
  third.client.follow("m1");
  third.hello(HELLO);
  assert.deepEqual(third.moves(), []);
});

test("a pending move is not drawn on another position than its own", () => {
  const { page, match } = atTheBoard();
  page.client.move(match, "5");
  page.say(moved(4, 0, "9", view(1, "........0", 1))); // another tab was quicker
  assert.deepEqual(match.pending(), []);
});

test("the second tab of a player shows the first one's move", () => {
  const { page, match } = atTheBoard();
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  assert.equal(match.toMove(), false);
  assert.equal(match.view.board, "....0....");
  assert.deepEqual(match.moves, [{ seq: 4, seat: 0, move: "5" }]);
});

test("a backlog does not bring back what the match was: the head stays what it has become", () => {
  const page = newPage();
  const match = page.client.follow("m1");
  const over = { ...INFO, state: "finished", result: { kind: "win", winners: [1], reason: "resign" }, seq: 4 };
  match.setInfo(over);
  page.hello();
  page.say(...OPENING.slice(0, 3));
  assert.equal(match.info.state, "finished");
  page.say(
    { t: "ev", m: "m1", seq: 4, k: "ended", d: { result: over.result } },
    { t: "live", m: "m1", seq: 4, view: view(1, ".........", 0), match: over, clock: null },
  );
  assert.equal(match.info.state, "finished");
  page.say({ t: "ev", m: "m1", seq: 5, k: "started", d: { n: 2, first: 1 }, view: view(2, ".........", 1) });
  assert.deepEqual([match.info.state, match.info.result, match.game], ["playing", null, 2]);
});

test("names that arrive late are taken without the state that came with them", () => {
  const { page, match } = atTheBoard();
  page.say(moved(4, 0, "5", view(1, "....0....", 1)));
  match.setInfo({ ...INFO, seq: 2, state: "open", seats: [INFO.seats[0], { player: "you", name: "Bob" }] });
  assert.deepEqual([match.info.state, match.info.seats[1].name], ["playing", "Bob"]);
});

test("a move of the last game is not drawn in the next one, though phases are counted anew", () => {
  const { page, match } = atTheBoard();
  page.client.move(match, "5");
  page.say({ t: "ev", m: "m1", seq: 4, k: "ended", d: { result: { kind: "win", winners: [1], reason: "flag" } } });
  page.say({ t: "ev", m: "m1", seq: 5, k: "started", d: { n: 2, first: 0 }, view: view(0, ".........", 0) });
  assert.deepEqual(match.pending(), []);
  page.say({ t: "nack", id: page.moves()[0].id, m: "m1", code: "stale", msg: "Too late" });
  assert.equal(match.toMove(), true);
});
