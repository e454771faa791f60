/** What the pages around the board work out by themselves: options, clocks, parties, routes, sounds, the queue. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { QuickMatch } from "../js/net/queue.js";
import { parse } from "../js/router.js";
import { chosenOptions } from "../js/ui/gameoptions.js";
import { clockOf, pace } from "../js/ui/paces.js";
import { fitting } from "../js/ui/party.js";
import { elapsed } from "../js/ui/quickmatch.js";
import { soundOf } from "../js/ui/soundnews.js";
import { points } from "../js/ui/sparkline.js";
import { memoryStorage } from "./world.mjs";

const SPECS = [
  { id: "bestOf", name: "Best of", type: "int", default: 3, min: 1, max: 21, step: 2 },
  { id: "again", name: "Again", type: "bool", default: false },
  { id: "size", name: "Size", type: "choice", default: "small", choices: ["small", "large"] },
];

test("only options that differ from the default are asked for, and only values that there are", () => {
  assert.equal(chosenOptions(SPECS, undefined), null);
  assert.equal(chosenOptions(SPECS, { bestOf: 3, again: false, size: "small" }), null);
  assert.deepEqual(chosenOptions(SPECS, { bestOf: 5, again: true, size: "large" }), { bestOf: 5, again: true, size: "large" });
  assert.equal(chosenOptions(SPECS, { bestOf: 4, again: "yes", size: "huge", gone: 1 }), null);
});

test("clocks are told in words", () => {
  assert.equal(clockOf("none"), null);
  assert.equal(clockOf("no longer offered"), null);
  assert.equal(pace(clockOf("3+2")), "3 min + 2 s");
  assert.equal(pace(clockOf("move")), "30 s a move");
  assert.equal(pace({ initial: 14_000, increment: 0 }), "14 s");
  assert.equal(pace(null), "No clock");
  assert.equal(elapsed(7_400), "0:07");
  assert.equal(elapsed(754_000), "12:34");
});

test("a remembered party fits the game", () => {
  const dungeon = { minSeats: 1, maxSeats: 4 };
  assert.deepEqual(fitting([], dungeon), []);
  assert.deepEqual(fitting(["open", "bot", "open", "bot"], dungeon), ["open", "bot", "open"]);
  assert.deepEqual(fitting("nonsense", dungeon), ["bot"]);
  assert.deepEqual(fitting(["nobody"], { minSeats: 2, maxSeats: 2 }), ["bot"]);
});

test("addresses lead to their pages", () => {
  const page = (address) => parse(new URL(address, "http://127.0.0.1"));
  assert.equal(page("/").page, "home");
  assert.deepEqual([page("/leaderboard?game=rps").page, page("/leaderboard?game=rps").game], ["leaderboard", "rps"]);
  assert.deepEqual(page("/p/abc"), { page: "profile", key: "abc" });
  assert.deepEqual(page("/m/K7QX?watch"), { page: "match", key: "K7QX", watch: true });
  assert.equal(page("/m/K7QX/replay").page, "replay");
  for (const nowhere of ["/x", "/p", "/p/abc/replay", "/m/a/b", "/leaderboards"]) assert.equal(page(nowhere).page, "unknown", nowhere);
});

test("of an event the most important is heard", () => {
  const at = (toMove, seat = 0) => ({ seat, toMove: () => toMove });
  assert.equal(soundOf({ k: "moved", d: { seat: 0 } }, at(false)), "move");
  assert.equal(soundOf({ k: "moved", d: { seat: 1 } }, at(true)), "turn");
  assert.equal(soundOf({ k: "revealed", d: { hit: true } }, at(true)), "hit");
  assert.equal(soundOf({ k: "ended", d: { result: { kind: "win", winners: [1] } } }, at(false)), "lose");
  assert.equal(soundOf({ k: "ended", d: { result: { kind: "win", winners: [0] } } }, at(false)), "win");
  assert.equal(soundOf({ k: "ended", d: { result: { kind: "draw", winners: [] } } }, at(false)), "draw");
  assert.equal(soundOf({ k: "chat", d: { seat: 1, text: "hi" } }, at(false)), null);
});

test("a course of ratings fills its picture, and a flat one lies in the middle", () => {
  const ys = points([1500, 1520, 1480]).map(([, y]) => y);
  assert.ok(ys[1] < ys[0] && ys[0] < ys[2]);
  assert.deepEqual(points([1500, 1500]).map(([, y]) => y), [16, 16]);
});

/** A server that answers each request with the next of the given answers, and notes what it was asked. */
function serve(...answers) {
  const asked = [];
  globalThis.fetch = async (path, { method, headers, body }) => {
    asked.push(`${method} ${path}${headers.Prefer ? ` ${headers.Prefer}` : ""}${body ? ` ${body}` : ""}`);
    const [status, answer] = answers.shift() ?? [404, { code: "not_found" }];
    return Response.json(answer, { status });
  };
  return asked;
}

const heard = (quick, news) => new Promise((done) => quick.on(news, done));

test("a place in the queue is held until an opponent is found", async () => {
  const asked = serve(
    [202, { id: "t1", state: "waiting", window: 50 }],
    [200, { id: "t1", state: "waiting", window: 75 }],
    [200, { id: "t1", state: "matched", match: "m1" }],
  );
  const quick = new QuickMatch(() => 0, memoryStorage());
  const windows = [];
  quick.on("change", () => quick.ticket && windows.push(quick.ticket.window));
  const matched = heard(quick, "matched");
  await quick.start({ game: "rps", clock: null });
  assert.equal(await matched, "m1");
  assert.deepEqual(windows, [50, 75]);
  assert.equal(quick.wish, null);
  assert.deepEqual(asked, ['POST /api/queue {"game":"rps"}', "GET /api/queue/t1 wait=20", "GET /api/queue/t1 wait=20"]);
});

test("a page that is loaded again goes on with its search, and who was ready after a match that was called off", async () => {
  const wish = { game: "rps", clock: null };
  const storage = memoryStorage();
  serve([202, { id: "t1", state: "waiting" }]);
  const before = new QuickMatch(() => 0, storage);
  before.start(wish);
  await new Promise((done) => before.on("change", () => before.ticket && done()));
  before.wish = null; // the page is gone

  const asked = serve([200, { id: "t1", state: "waiting", waited: 9_000 }], [200, { id: "t1", state: "matched", match: "m1" }]);
  const page = new QuickMatch(() => 10_000, storage);
  page.resume();
  assert.deepEqual(page.wish, wish);
  page.on("change", () => page.ticket && assert.equal(page.waited(), 9_000));
  assert.equal(await heard(page, "matched"), "m1");
  assert.deepEqual(asked, ["GET /api/queue/t1", "GET /api/queue/t1 wait=20"]);

  const later = new QuickMatch(() => 0, storage);
  later.resume(); // the match is known
  later.goOnAfter("m0"); // and is not this one
  assert.equal(later.wish, null);
  serve([200, { id: "t1", state: "matched", match: "m1" }], [200, { id: "t1", state: "waiting" }], [200, { id: "t1", state: "matched", match: "m2" }]);
  later.goOnAfter("m1"); // of which the ticket has not heard yet
  assert.equal(await heard(later, "matched"), "m2");
});

test("a search that is cancelled gives its place up, and hears no more of it", async () => {
  const asked = serve([202, { id: "t2", state: "waiting" }]);
  const quick = new QuickMatch(() => 0, memoryStorage());
  quick.on("matched", () => assert.fail("matched after it was cancelled"));
  quick.on("ended", () => assert.fail("told of an end that it made itself"));
  const started = quick.start({ game: "connect4", clock: null });
  await Promise.resolve();
  quick.cancel(); // before the server has answered
  await started;
  assert.deepEqual(asked, ['POST /api/queue {"game":"connect4"}', "DELETE /api/queue/t2"]);
  assert.equal(quick.wish, null);
});

test("a ticket that expired, and a server without a queue, end the search with a word", async () => {
  serve([202, { id: "t3", state: "waiting" }], [200, { id: "t3", state: "expired" }]);
  const quick = new QuickMatch(() => 0, memoryStorage());
  const ended = heard(quick, "ended");
  await quick.start({ game: "connect4", clock: null });
  assert.match(await ended, /Nobody came/);
  serve([404, { code: "not_found", detail: "There is no such route" }]);
  await assert.rejects(quick.start({ game: "connect4", clock: null }), { status: 404 });
  assert.equal(quick.wish, null);
});
