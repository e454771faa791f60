import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { follow } from "../inspector/api.js";

let opened; // every stream, in the order in which it was opened
beforeEach(() => {
  opened = [];
  globalThis.document = { hidden: false, addEventListener: () => {}, removeEventListener: () => {} };
  globalThis.EventSource = class {
    constructor(path) {
      this.path = path;
      opened.push(this);
    }
    addEventListener(event, handle) {
      this[event] = (value) => handle({ data: JSON.stringify(value) });
    }
    close() {
      this.closed = true;
    }
  };
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.document;
  delete globalThis.EventSource;
});

/** Lets a failure of the newest stream take its course, for a minute. */
async function fail() {
  opened.at(-1).onerror();
  for (let i = 0; i < 5; i++) await Promise.resolve();
  mock.timers.tick(60_000);
}

test("a stream that is cut is opened again, where it was", async () => {
  const heard = [];
  let at = 0;
  const end = follow(() => `/live?from=${at}`, { row: (n) => heard.push((at = n)) }, { down: async () => false });
  opened[0].onopen();
  opened[0].row(7);
  await fail();
  assert.deepEqual([heard, opened.map((s) => s.path)], [[7], ["/inspector/api/live?from=0", "/inspector/api/live?from=7"]]);
  end();
  mock.timers.tick(60_000);
  assert.deepEqual([opened.length, opened.every((s) => s.closed)], [2, true]);
});

test("a stream of something that is not there is not opened again", async () => {
  follow(() => "/live", {}, { down: async () => true });
  await fail();
  assert.deepEqual([opened.length, opened[0].closed], [1, true]);
});
