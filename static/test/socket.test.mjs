import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Backoff } from "../js/net/backoff.js";
import { format, remaining } from "../js/net/clock.js";
import { ServerTime } from "../js/net/servertime.js";
import { Reloader } from "../js/reloader.js";
import { atTheBoard, memoryStorage, newPage } from "./world.mjs";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

test("back-off grows by 1.7 under full jitter, to 2 s while the cut is young and 8 s later", () => {
  const ceilings = new Backoff(() => 1);
  assert.deepEqual(
    [0, 0, 0].map(() => Math.round(ceilings.next(0))),
    [250, 425, 722],
  );
  for (let i = 0; i < 20; i++) ceilings.next(0);
  assert.equal(ceilings.next(29_999), 2_000);
  assert.equal(ceilings.next(30_000), 8_000);
  ceilings.reset();
  assert.equal(ceilings.next(0), 250);
  assert.equal(new Backoff(() => 0).next(0), 0);
});

test("a cut counts its attempts, a new hello ends it, and a new boot is told with the time it took", async () => {
  const { page } = atTheBoard();
  const restarts = [];
  page.client.on("restarted", (what) => restarts.push(what));
  page.cut();
  assert.equal(page.client.status.phase, "down");
  await page.redial();
  assert.equal(page.client.status.attempt, 1);
  page.cut();
  await page.redial();
  assert.equal(page.client.status.attempt, 2);
  page.hello({ boot: "b2" });
  assert.deepEqual([page.client.status.phase, page.client.status.cutAt, page.client.status.attempt], ["up", null, 0]);
  assert.equal(restarts.length, 1);
  assert.ok(restarts[0].downFor > 0);
  page.cut();
  await page.redial();
  page.hello({ boot: "b2" });
  assert.equal(restarts.length, 1);
});

test("an attempt that fails makes the next one ask for the session first; none is made without", async () => {
  let prepared = 0;
  let server = false;
  const page = newPage({
    prepare: async () => {
      prepared++;
      if (!server) throw new Error("down");
    },
  });
  page.client.follow("m1");
  assert.equal(prepared, 0);
  page.cut();
  await page.redial();
  assert.ok(prepared > 0);
  assert.equal(page.wires.length, 1);
  server = true;
  await page.redial();
  assert.equal(page.wires.length, 2);
});

test("a silent line is noticed, then given up and dialled again", async () => {
  const { page } = atTheBoard();
  page.say({ t: "pong", c: 0, now: 1_000_000 });
  mock.timers.tick(2_500); // a ping goes out
  mock.timers.tick(2_500);
  assert.equal(page.client.status.phase, "stalled");
  page.say({ t: "pong", c: 0, now: 1_000_000 });
  assert.equal(page.client.status.phase, "up");
  for (let i = 0; i < 40 && page.client.status.phase !== "down"; i++) mock.timers.tick(500);
  assert.equal(page.client.status.phase, "down");
  assert.equal(page.wires[0].closed, true);
  await page.redial();
  assert.equal(page.wires.length, 2);
});

test("coming back online does not wait for the back-off", async () => {
  const { page } = atTheBoard();
  page.cut();
  page.socket.nudge();
  assert.equal(page.wires.length, 2);
});

test("clocks count down by the server's time, stand still before `now`, and never fall below zero", () => {
  const clock = { left: [60_000, 30_000], increment: 0, perMove: 0, running: [1], now: 1_000_000 };
  assert.equal(remaining(clock, 0, 1_020_000), 60_000);
  assert.equal(remaining(clock, 1, 1_020_000), 10_000);
  assert.equal(remaining(clock, 1, 997_000), 30_000);
  assert.equal(remaining(clock, 1, 1_099_000), 0);
  assert.deepEqual([185_999, 10_000, 9_990, 0].map(format), ["3:05", "0:10", "0:09.9", "0:00.0"]);
});

test("server time follows the sample with the shortest round trip", () => {
  let local = 0;
  const time = new ServerTime(() => local);
  time.guess(999_900);
  assert.equal(time.now(), 999_900);
  time.sample(1_000_000, 400);
  assert.equal(time.now(), 1_000_200);
  time.sample(1_000_010, 20);
  assert.equal(time.now(), 1_000_020);
  time.sample(1_000_900, 2_000);
  local = 500;
  assert.equal(time.now(), 1_000_520);
});

test("a new server version reloads the page between games, once", () => {
  let reloads = 0;
  const reloader = new Reloader(() => reloads++, memoryStorage());
  reloader.busy(true);
  reloader.want("v2");
  assert.equal(reloads, 0);
  reloader.busy(false);
  assert.equal(reloads, 1);
  reloader.want("v2");
  assert.equal(reloads, 1);
});

test("a page that is put aside hangs up, and comes back when it is nudged", async () => {
  const { page } = atTheBoard();
  page.socket.rest();
  assert.equal(page.wire.closed, true);
  mock.timers.tick(60_000);
  assert.equal(page.wires.length, 1);
  page.socket.nudge();
  await Promise.resolve();
  assert.equal(page.wires.length, 2);
  const idle = newPage();
  idle.socket.rest();
  assert.equal(idle.socket.status.phase, "idle");
});
