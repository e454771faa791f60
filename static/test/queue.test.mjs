import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { QuickMatch } from "../js/net/queue.js";
import { memoryStorage } from "./world.mjs";

const WISH = { game: "connect4" };

let real;
let asked; // every request, in the order in which it was made: {what, answer(body)}
beforeEach(() => {
  real = globalThis.fetch;
  asked = [];
  globalThis.fetch = (path, { method, cache, signal }) =>
    new Promise((done, fail) => {
      assert.equal(cache, "no-store");
      signal?.addEventListener("abort", () => fail(signal.reason));
      asked.push({ what: `${method} ${path}`, answer: (body) => done(Response.json(body)), signal });
    });
});
afterEach(() => (globalThis.fetch = real));

/** Lets everything happen that waits for nothing from outside. */
const settled = () => new Promise((done) => setImmediate(done));
const whats = () => asked.map(({ what }) => what);
const waiting = (id) => ({ id, state: "waiting", window: 100, waited: 0 });
const newQuick = () => new QuickMatch(() => 0, memoryStorage());

test("a search begun while another is being given up asks once that has left the queue", async () => {
  const quick = newQuick();
  quick.start(WISH);
  await settled();
  asked[0].answer(waiting("t1"));
  await settled();
  assert.deepEqual(whats(), ["POST /api/queue", "GET /api/queue/t1"]);
  quick.cancel();
  quick.start(WISH);
  await settled();
  assert.deepEqual(whats().slice(2), ["DELETE /api/queue/t1"]);
  assert.ok(asked[1].signal.aborted, "nobody waits any more for the first search");
  asked[2].answer({ id: "t1", state: "cancelled" });
  await settled();
  assert.deepEqual(whats().slice(3), ["POST /api/queue"]);
  asked[3].answer(waiting("t2"));
  await settled();
  assert.equal(quick.ticket.id, "t2");
});

test("a search given up before its ticket came drops that ticket before the next is asked for", async () => {
  const quick = newQuick();
  quick.start(WISH);
  await settled();
  quick.cancel();
  quick.start(WISH); // and given up before it was asked for at all
  quick.cancel();
  quick.start(WISH);
  await settled();
  assert.deepEqual(whats(), ["POST /api/queue"]);
  asked[0].answer(waiting("t1"));
  await settled();
  assert.deepEqual(whats().slice(1), ["DELETE /api/queue/t1"]);
  asked[1].answer({ id: "t1", state: "cancelled" });
  await settled();
  assert.deepEqual(whats().slice(2), ["POST /api/queue"]);
  asked[2].answer(waiting("t2"));
  await settled();
  assert.equal(quick.ticket.id, "t2");
  assert.deepEqual(whats().slice(3), ["GET /api/queue/t2"]);
});

test("what the server refuses ends the search, and the next one is asked all the same", async () => {
  const quick = newQuick();
  const refused = quick.start(WISH);
  await settled();
  globalThis.fetch = async () => Response.json({ code: "bad_request", detail: "No such game." }, { status: 400 });
  asked[0].answer({}); // nothing is in it
  quick.cancel();
  await refused;
  await assert.rejects(quick.start(WISH), { message: "No such game." });
  assert.equal(quick.wish, null);
});
