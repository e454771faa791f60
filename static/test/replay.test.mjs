import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay, eventOf, fromMatch, fromText } from "../js/net/replay.js";

const RECORD = { from: 3, to: 9, moves: [{ seq: 4 }, { seq: 5 }, { seq: 7 }] };

/** An `ask` whose answers the test gives. */
function asking() {
  const asked = [];
  const ask = (k, eyes) => new Promise((give, fail) => asked.push({ k, eyes, give: () => give({ view: `view ${k}`, hash: `h${k}` }), fail }));
  return { ask, asked };
}

test("positions stand after the game's first event, after each move, and at its end", () => {
  assert.deepEqual([0, 1, 2, 3].map((k) => eventOf(RECORD, k)), [3, 4, 5, 9]);
  assert.equal(eventOf({ from: 3, to: 4, moves: [] }, 0), 4);
});

test("a position is asked for once, and the next one ahead", async () => {
  const { ask, asked } = asking();
  const replay = new Replay(RECORD, ask);
  const going = replay.go(1);
  assert.deepEqual([replay.at, replay.shown], [1, null]);
  asked[0].give();
  await going;
  assert.deepEqual(replay.shown, { k: 1, eyes: null, view: "view 1", hash: "h1" });
  assert.deepEqual(asked.map((a) => a.k), [1, 2]);
  const next = replay.go(2);
  asked[1].give();
  await next;
  await replay.go(1);
  assert.deepEqual(asked.map((a) => a.k), [1, 2, 3]);
});

test("numbers beyond the game, and nonsense, are the nearest position", async () => {
  const replay = new Replay(RECORD, async (k) => ({ view: k, hash: "" }));
  for (const [k, at] of [[-4, 0], [99, 3], [Number.NaN, 0], [1.9, 1]]) {
    await replay.go(k);
    assert.deepEqual([replay.at, replay.shown.view], [at, at]);
  }
});

test("an answer that was overtaken is not shown", async () => {
  const { ask, asked } = asking();
  const replay = new Replay(RECORD, ask);
  const slow = replay.go(0);
  const quick = replay.go(3);
  asked[1].give();
  await quick;
  asked[0].give();
  await slow;
  assert.equal(replay.shown.k, 3);
});

test("what failed is told, and asked for again", async () => {
  const { ask, asked } = asking();
  const replay = new Replay(RECORD, ask);
  const going = replay.go(3);
  asked[0].fail(new Error("offline"));
  await going;
  assert.equal(replay.problem.message, "offline");
  const again = replay.go(3);
  asked[1].give();
  await again;
  assert.deepEqual([replay.problem, replay.shown.k], [null, 3]);
});

test("other eyes are other positions", async () => {
  const asked = [];
  const api = { position: async (...args) => (asked.push(args), { view: {}, hash: "" }) };
  const replay = new Replay(RECORD, fromMatch(api, "m1", RECORD), "all");
  await replay.go(3);
  await replay.look(1);
  assert.deepEqual(asked, [["m1", 9, "all"], ["m1", 9, 1]]);
});

test("a record's text is played back once for each pair of eyes", async () => {
  const asked = [];
  const answer = (eyes) => ({ positions: [{ seq: 0, view: `0 ${eyes}` }, { seq: 1, view: `1 ${eyes}` }, { seq: 3, view: `3 ${eyes}` }] });
  const api = { playBack: async (text, eyes) => (asked.push([text, eyes]), answer(eyes)) };
  const ask = fromText(api, "text", answer("watcher"));
  assert.equal((await ask(1, "watcher")).view, "1 watcher");
  assert.equal((await ask(2, 0)).view, "1 0");
  assert.equal((await ask(3, 0)).view, "3 0");
  assert.deepEqual(asked, [["text", 0]]);
});
