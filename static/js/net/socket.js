/**
 * Socket: one living connection to the server, whatever happens to the wire.
 *
 * It dials, waits for `hello`, measures the round trip, notices when the line is dead, and dials again with back-off.
 * It neither knows matches nor keeps frames for later: what must survive a cut is the outbox's business.
 *
 *   idle ──start──▶ connecting ──hello──▶ up ◀──any frame── stalled
 *                       ▲                 │ no pong for a while ▲
 *                       └──back-off── down ◀──closed, or dead for long
 *
 * News: "status" (the status object changed), "hello" (frame, {restarted, epochChanged, downFor}), "frame" (any other).
 */

import { Emitter } from "../emitter.js";
import { Backoff } from "./backoff.js";

export const PROTOCOL = "everturn.v1";

const HELLO_WITHIN = 8_000; // ms from dialling to `hello`
const STEADY_AFTER = 5_000; // ms of uptime after which a cut is a new cut, not the old one
const TICK = 500; // ms between looks at the line
const PING_EVERY = 2_000; // ms, while somebody looks
const PING_HIDDEN = 15_000; // ms, while nobody does
const STALL_AFTER = 1_500; // ms without an answer: say so
const DEAD_AFTER = 5_000; // ms without an answer: give the line up; more on a line that is known to be slow
const DEAD_AT_LAST = 15_000; // ms: but never more than this

export class Socket extends Emitter {
  #env;
  #backoff;
  #ws = null;
  #attemptNo = 0; // outdates whatever an earlier attempt is still waiting for
  #timers = new Map();
  #pingSent = null; // local time of the ping that is out
  #lastPing = 0;
  #suspect = false; // the last attempt never reached hello: the session may be gone
  #last = { boot: undefined, epoch: undefined };

  /** What the page shows of the connection. `cutAt` and `rtt` are local ms; both null while unknown. */
  status = { phase: "idle", attempt: 0, cutAt: null, rtt: null, restarting: false };

  /**
   * @param {object} env the world, so that tests can bring their own
   * @param {() => WebSocket} env.open opens a socket with the protocol's name
   * @param {() => Promise<void>} env.prepare makes sure of a session before dialling again
   * @param {() => number} env.now a monotone clock in ms
   * @param {() => boolean} env.visible whether somebody looks at the page
   * @param {() => number} [env.random]
   */
  constructor(env) {
    super();
    this.#env = env;
    this.#backoff = new Backoff(env.random);
  }

  /** Connects, unless that has happened already, and stays connected until the page goes away. */
  start() {
    if (this.status.phase === "idle") this.#dial();
  }

  /** The network or the page came back: no reason to wait any longer, nor to trust an old silence. */
  nudge() {
    if (this.status.phase === "down") this.#dial();
    else this.probe();
  }

  /** The page is put aside: whoever left must not look present. A nudge wakes it up. */
  rest() {
    if (this.status.phase === "idle") return;
    this.#lost();
    this.#clear();
  }

  /** Sends a frame if the connection stands; otherwise false, and nothing is kept. */
  send(frame) {
    if (this.status.phase !== "up" && this.status.phase !== "stalled") return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /** Asks for a sign of life now, so that a dead line is noticed soon. */
  probe() {
    if (this.#pingSent !== null) return;
    const now = this.#env.now();
    if (this.send({ t: "ping", c: Math.round(now) })) this.#pingSent = this.#lastPing = now;
  }

  async #dial() {
    const attempt = ++this.#attemptNo;
    this.#clear();
    this.#set({ phase: "connecting", attempt: this.status.attempt + 1 });
    this.#after("hello", HELLO_WITHIN, () => this.#lost());
    if (this.#suspect) {
      try {
        await this.#env.prepare();
      } catch {
        if (attempt === this.#attemptNo) this.#lost();
        return;
      }
      if (attempt !== this.#attemptNo) return;
    }
    this.#suspect = true;
    const ws = this.#env.open();
    this.#ws = ws;
    ws.onmessage = (message) => this.#receive(JSON.parse(message.data));
    ws.onclose = () => this.#lost();
  }

  #receive(frame) {
    if (this.status.phase === "stalled") this.#set({ phase: "up" });
    if (frame.t === "hello") this.#welcome(frame);
    else if (frame.t === "pong") this.#pong(frame);
    else if (frame.t === "restarting") this.#set({ restarting: true });
    else this.emit("frame", frame);
  }

  #welcome(hello) {
    this.#clear();
    const downFor = this.status.cutAt === null ? 0 : this.#env.now() - this.status.cutAt;
    const first = this.#last.boot === undefined;
    const what = {
      restarted: !first && this.#last.boot !== hello.boot,
      epochChanged: !first && this.#last.epoch !== hello.epoch,
      downFor,
    };
    this.#last = { boot: hello.boot, epoch: hello.epoch };
    this.#suspect = false;
    this.#pingSent = null;
    this.#after("steady", STEADY_AFTER, () => this.#backoff.reset());
    this.#after("tick", TICK, () => this.#tick());
    this.#set({ phase: "up", attempt: 0, cutAt: null, restarting: false });
    this.emit("hello", hello, what);
    this.probe();
  }

  #pong(frame) {
    if (this.#pingSent === null) return;
    const rtt = this.#env.now() - this.#pingSent;
    this.#pingSent = null;
    this.emit("pong", frame.now, rtt);
    this.#set({ rtt });
  }

  /** Looks at the line: pings when it is time, complains when a pong is late, gives up when it is very late. */
  #tick() {
    this.#after("tick", TICK, () => this.#tick());
    const now = this.#env.now();
    if (this.#pingSent === null) {
      if (now - this.#lastPing >= (this.#env.visible() ? PING_EVERY : PING_HIDDEN)) this.probe();
      return;
    }
    const waited = now - this.#pingSent;
    const patience = Math.min(DEAD_AT_LAST, Math.max(DEAD_AFTER, 4 * (this.status.rtt ?? 0)));
    if (waited > patience) this.#lost();
    else if (waited > STALL_AFTER && this.status.phase === "up") this.#set({ phase: "stalled" });
  }

  /** The line is gone, or as good as gone: forget it without waiting for its close, and come back after a while. */
  #lost() {
    this.#attemptNo++;
    this.#clear();
    if (this.#ws) {
      this.#ws.onmessage = this.#ws.onclose = null;
      this.#ws.close();
      this.#ws = null;
    }
    const now = this.#env.now();
    const cutAt = this.status.cutAt ?? now;
    this.#set({ phase: "down", cutAt, rtt: null });
    this.#after("dial", this.#backoff.next(now - cutAt), () => this.#dial());
  }

  #set(change) {
    this.status = { ...this.status, ...change };
    this.emit("status", this.status);
  }

  #after(name, ms, then) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(then, ms));
  }

  #clear() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
