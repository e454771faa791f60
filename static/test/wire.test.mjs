/** The golden frames that the server's tests read too: one protocol, two readers. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, mock, test } from "node:test";
import { PROTOCOL } from "../js/net/socket.js";
import { OPENING, atTheBoard, newPage } from "./world.mjs";

const golden = (name) => JSON.parse(readFileSync(new URL(`../../testdata/wire/${name}.json`, import.meta.url), "utf8"));
/** The frames that are accepted, of a type. */
const frames = (name) =>
  golden(name)
    .cases.filter((c) => c.value ?? c.want)
    .map((c) => JSON.parse(c.frame));
const lists = golden("lists");

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

test("the subprotocol and its number are the server's", () => {
  assert.equal(PROTOCOL, lists.subprotocol);
  assert.deepEqual(
    frames("hello").map((f) => f.proto),
    [lists.proto],
  );
});

// Before the first game a view has the fields that all views have, and no position to show.
const positionIn = (view) => (Object.keys(view).some((key) => !["actors", "moves", "phase", "result"].includes(key)) ? view : null);

test("every golden frame of the server is taken in without harm", () => {
  for (const type of lists.server) {
    for (const frame of frames(type)) {
      const page = newPage();
      const match = page.client.follow(frame.m ?? "m1");
      page.hello();
      page.say(frame);
      if (type === "sync")
        assert.deepEqual(
          [match.seq, match.seat, match.view, match.clock],
          [frame.seq, frame.seat, positionIn(frame.view), frame.clock],
        );
      if (type === "ev") assert.equal(match.seq, frame.seq === 1 ? 1 : 0);
    }
  }
});

test("what the client sends has the golden frames' fields, and no others", () => {
  const { page, match } = atTheBoard();
  page.client.move(match, "5");
  page.client.act(match, "resign");
  page.client.act(match, "rematch");
  page.client.leave(match);
  const sent = page.wire.sent;
  assert.deepEqual(new Set(sent.map((f) => f.t)), new Set(["ping", "watch", "move", "act", "unwatch"]));
  for (const frame of sent) {
    const known = frames(frame.t);
    for (const [key, value] of Object.entries(frame)) {
      // An epoch is the hello's, given back as it came; here the test's own.
      const like = known.find((k) => key in k);
      assert.ok(like, `${frame.t} has no field ${key}`);
      if (key !== "epoch") assert.equal(typeof value, typeof like[key], `${frame.t}.${key}`);
    }
    if (frame.t === "act") assert.ok(lists.acts.includes(frame.act));
    if (frame.id) assert.ok(frame.id.length <= lists.limits.idChars);
    assert.ok(Number.isInteger(frame.c ?? 0));
  }
});

test("an event of a kind that this page does not know still counts", () => {
  const { page, match } = atTheBoard();
  page.say({ t: "ev", m: "m1", seq: 4, k: "settled", d: {} }, { t: "ev", m: "m1", seq: 5 });
  assert.equal(match.seq, OPENING.length + 1);
});
