/** A small world for the tests: sockets that the test opens, cuts and speaks through, storage, and a clock. */

import { mock } from "node:test";
import { Client } from "../js/net/client.js";
import { Outbox } from "../js/net/outbox.js";
import { ServerTime } from "../js/net/servertime.js";
import { Socket } from "../js/net/socket.js";

/** sessionStorage, which outlives a page. */
export function memoryStorage() {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, String(value)) };
}

/** A page that is connected to nothing yet. Two pages with the same storage are a page before and after a reload. */
export function newPage({ storage = memoryStorage(), prepare = async () => {} } = {}) {
  const wires = [];
  const start = Date.now();
  const now = () => Date.now() - start;
  const open = () => {
    const wire = {
      sent: [],
      closed: false,
      send: (text) => wire.sent.push(JSON.parse(text)),
      close: () => (wire.closed = true),
    };
    wires.push(wire);
    return wire;
  };
  const socket = new Socket({ open, prepare, now, visible: () => true, random: () => 0.5 });
  const session = { player: { id: "me" } };
  const client = new Client({ socket, outbox: new Outbox(storage), time: new ServerTime(now), session });
  const page = {
    client,
    socket,
    wires,
    storage,
    get wire() {
      return wires.at(-1);
    },
    /** What the server says on the newest wire. */
    say: (...frames) => frames.forEach((frame) => page.wire.onmessage({ data: JSON.stringify(frame) })),
    hello: (change = {}) => page.say({ ...HELLO, ...change }),
    cut: () => page.wire.onclose(),
    /** What was sent on the newest wire, without pings. */
    sent: () => page.wire.sent.filter((frame) => frame.t !== "ping"),
    moves: () => page.sent().filter((frame) => frame.t === "move"),
    /** Lets time pass until the client dials again. */
    redial: async () => {
      const before = wires.length;
      for (let i = 0; i < 100 && wires.length === before; i++) {
        mock.timers.tick(100);
        await Promise.resolve()
          .then(() => {})
          .then(() => {});
      }
    },
  };
  return page;
}

export const HELLO = {
  t: "hello",
  proto: 1,
  boot: "b1",
  epoch: "e1",
  server: "v1",
  player: "me",
  ping: 15000,
  max: 8192,
  now: 1_000_000,
};

export const INFO = {
  id: "m1",
  code: "K7QX",
  game: "tictactoe",
  state: "playing",
  seats: [
    { player: "me", name: "Ada" },
    { player: "you", name: "Bo" },
  ],
  result: null,
  seq: 3,
  clock: null,
  rated: false,
  private: false,
  watchers: 0,
};

/** A view in which `actor` is to move. */
export const view = (phase, board, actor) => ({ actors: [actor], board, line: null, moves: null, phase, result: null });

export const OPENING = [
  { t: "ev", m: "m1", seq: 1, k: "joined", d: { seat: 0, player: "me" } },
  { t: "ev", m: "m1", seq: 2, k: "joined", d: { seat: 1, player: "you" } },
  { t: "ev", m: "m1", seq: 3, k: "started", d: { n: 1, first: 0 }, view: view(0, ".........", 0) },
  { t: "live", m: "m1", seq: 3, view: view(0, ".........", 0), match: INFO, clock: null },
];

/** A page that follows match m1, in which it is this player's turn. */
export function atTheBoard(options) {
  const page = newPage(options);
  const match = page.client.follow("m1");
  page.hello();
  page.say(...OPENING);
  return { page, match };
}
