/**
 * Match: one match as this player may see it, kept in step with the server by numbered events.
 *
 * The rules of the protocol that live here: numbers go 1, 2, 3…; a number that was seen is ignored; a gap is answered
 * by watching again from the last number; a `sync` replaces everything; another epoch forgets the numbers. A command
 * that is not answered yet shows as pending, and only for the position it was meant for.
 *
 * It has no DOM, no socket and no clock: frames go in by `receive`, frames go out by `send`.
 *
 * News: "change" (something to show), "event" (an event as it happens), "caught-up" (the moves missed during a cut),
 * "roster" (somebody sat down: names are worth asking for), "gap" (moves are missing from the list), "refused" (nack),
 * "stood-still" (for how many ms the clocks did, during a cut), "left" (nobody looks any more).
 */

import { Emitter } from "../emitter.js";
import { stoodStill } from "./clock.js";

const COMMON = new Set(["actors", "moves", "phase", "result"]); // what every view has, also before the first game

const STORY = 400; // events kept for those who read what happened

const hasPosition = (view) => Object.keys(view).some((key) => !COMMON.has(key));

export class Match extends Emitter {
  #send;
  #outbox;
  #epoch;
  #missed = null; // the moves that a backlog brings after a cut; null on the first load, where nothing was missed
  #from = 0; // the event that started the running game: phases are counted anew in each
  #clockBefore = null; // the clock as it was known when the connection was lost
  #gameBefore = 0; // and the game
  #settling = new Map(); // accepted moves (id → {command, seq}) whose event has not arrived yet

  /** The number of the last event taken in. */
  seq = 0;
  /** This viewer's seat; -1 watches. */
  seat = -1;
  /** Whether the backlog is done. */
  live = false;
  /** The rules' view of the position, the match's head and its clock, as the server last stated them. */
  view = null;
  info = null;
  clock = null;
  /** Which game of the match runs, from 1; and its moves: {seq, seat, move}, without move where it is not told (yet), or {lapsed}. */
  game = 0;
  moves = [];
  /** How the games of this match ended: number → result. */
  results = new Map();
  /** Who offers what: {rematch: [seats]}. */
  offers = {};
  /** The seats that are away, that said they are ready, and that have chosen while others of the same phase have not. */
  away = new Set();
  ready = new Set();
  chosen = new Set();
  /** The ratings by seat before and after the game that ended, {before, after}, once they are settled. */
  settled = null;
  /** The latest events that this viewer may see, oldest first: {seq, k, d}. Chat is among them. */
  story = [];
  /** The code of an error that ends the watching, such as not_found. */
  error = null;

  /**
   * @param {string} id the match's lasting id
   * @param {object} deps
   * @param {(frame: object) => boolean} deps.send false where there is no connection
   * @param {import("./outbox.js").Outbox} deps.outbox
   * @param {string} deps.player this player's id, to find the own seat
   */
  constructor(id, { send, outbox, player }) {
    super();
    this.id = id;
    this.player = player;
    this.#send = send;
    this.#outbox = outbox;
  }

  /** A connection stands: follow the match from the last event that was seen. */
  resume(epoch) {
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#forget();
    this.#epoch = epoch;
    if (this.view !== null) this.#missed = [];
    this.#clockBefore = this.clock;
    this.#gameBefore = this.game;
    this.#watch();
  }

  /** Nobody looks at the match any more. */
  leave() {
    this.#send({ t: "unwatch", m: this.id });
    this.emit("left");
  }

  /** The moves that wait for the server's word, for the position on the board: [{move, accepted}]. */
  pending() {
    if (this.view === null || this.view.result) return [];
    const fits = ({ frame, phase }) => frame.t === "move" && phase === this.view.phase && frame.seq >= this.#from;
    const accepted = [...this.#settling.values()].map((s) => s.command).filter(fits);
    const waiting = this.#outbox.list(this.id).filter(fits);
    return [
      ...accepted.map((c) => ({ move: c.frame.move, accepted: true })),
      ...waiting.map((c) => ({ move: c.frame.move, accepted: false })),
    ];
  }

  /** Whether an act such as `resign` waits for its answer. */
  asking(act) {
    return this.#outbox.list(this.id).some((c) => c.frame.act === act);
  }

  /** What this player has written and the server has not confirmed: texts. */
  unsaid() {
    return this.#outbox.list(this.id).flatMap(({ frame }) => (frame.t === "chat" ? [frame.text] : []));
  }

  /** Whether a seat offers something that this player can answer or join. */
  offeredByOthers(what) {
    return (this.offers[what] ?? []).some((seat) => seat !== this.seat);
  }

  /** Whether this player owes a move that has not been given yet. */
  toMove() {
    return (
      this.seat >= 0 &&
      !this.view?.result &&
      (this.view?.actors ?? []).includes(this.seat) &&
      this.pending().length === 0
    );
  }

  /** Takes in a frame about this match. */
  receive(frame) {
    switch (frame.t) {
      case "sync":
        this.#sync(frame);
        break;
      case "ev":
        this.#event(frame);
        break;
      case "live":
        this.#caughtUp(frame);
        break;
      case "error":
        this.error = frame.code;
        break;
    }
    this.emit("change");
  }

  /** A command was accepted as event `seq`: until that event is here, its piece stays on the board. */
  accepted(command, seq) {
    if (command.frame.t === "move" && seq > this.seq) this.#settling.set(command.frame.id, { command, seq });
    this.emit("change");
  }

  /** A command was refused: what it showed is gone with it. */
  refused(command, nack) {
    this.emit("refused", command, nack);
    this.emit("change");
  }

  /** Takes in the match's head as HTTP tells it. */
  setInfo(info) {
    const newer = this.info === null || info.seq >= this.seq;
    this.info = newer ? info : { ...this.info, seats: info.seats, watchers: info.watchers };
    this.#findSeat();
    this.emit("change");
  }

  /** Fills in the moves that a `sync` jumped over or that were hidden until now, from the record of the latest game. */
  setRecord(record) {
    if (record.n !== undefined && record.n < this.game) return;
    this.game = record.n ?? this.game;
    const told = record.moves.filter((m) => !m.undone && m.seq <= this.seq);
    const bySeq = new Map([...told, ...this.moves.filter((m) => m.move !== undefined)].map((m) => [m.seq, m]));
    for (const m of this.moves) if (!bySeq.has(m.seq)) bySeq.set(m.seq, m);
    this.moves = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
    if (record.result) this.results.set(this.game, record.result);
    this.emit("change");
  }

  /** Fills in how an earlier game of the match ended. */
  setResult(n, result) {
    if (result) this.results.set(n, result);
    this.emit("change");
  }

  #watch() {
    this.live = false;
    this.#send({ t: "watch", m: this.id, after: this.seq, epoch: this.#epoch });
  }

  #forget() {
    this.seq = 0;
    this.results.clear();
    this.story = [];
    this.#newGame(0, 0);
    this.#settling.clear();
  }

  #newGame(n, from) {
    this.game = n;
    this.#from = from;
    this.moves = [];
    this.offers = {};
    this.settled = null;
    for (const seats of [this.away, this.ready, this.chosen]) seats.clear();
  }

  #sync(frame) {
    this.#forget();
    this.view = null;
    this.#state(frame);
    this.seq = frame.seq;
    this.seat = frame.seat;
    this.live = true; // nothing of a backlog is left behind a sync
    this.#missed = [];
    if (frame.seq > 0) this.emit("gap");
  }

  #event(frame) {
    if (frame.seq <= this.seq) return;
    if (frame.seq > this.seq + 1) {
      if (this.live) this.#watch(); // otherwise that is under way already
      return;
    }
    this.seq = frame.seq;
    const phase = this.view?.phase;
    this.#state(frame);
    if (frame.k) {
      this.story = [...this.story, { seq: frame.seq, k: frame.k, d: frame.d }].slice(-STORY);
      this.#apply(frame);
    }
    if (this.live && this.view?.phase !== phase) this.chosen.clear();
    for (const [id, settling] of this.#settling) if (settling.seq <= this.seq) this.#settling.delete(id);
    if (this.live) this.emit("event", frame);
    else if (frame.k === "moved") this.#missed?.push(frame);
  }

  #caughtUp(frame) {
    this.#state(frame);
    if (frame.seq > this.seq) {
      this.#watch();
      return;
    }
    this.live = true;
    const missed = this.#missed ?? [];
    this.#missed = [];
    if (missed.length > 0) this.emit("caught-up", missed);
    const still = this.game === this.#gameBefore ? stoodStill(this.#clockBefore, this.clock, missed.length) : 0;
    this.#clockBefore = null;
    if (still > 0) this.emit("stood-still", still);
  }

  #state({ view, match, clock }) {
    if (view && hasPosition(view)) this.view = view;
    if (match?.seats) {
      this.info = match;
      this.#findSeat();
    }
    if (clock !== undefined) this.clock = clock;
  }

  #findSeat() {
    this.seat = this.info.seats.findIndex((s) => s.player === this.player);
  }

  #apply({ k, d, seq }) {
    switch (k) {
      case "joined":
        if (this.live) this.emit("roster"); // a backlog ends with the names of today
        break;
      case "ready":
        this.ready.add(d.seat);
        break;
      case "started":
        this.#newGame(d.n, seq);
        this.#head({ state: "playing", result: null });
        break;
      case "moved":
        this.moves.push({ seq, seat: d.seat, move: d.move });
        // In a backlog, whose views are left out, what others do in the open tells that a phase is over.
        if (!this.live && d.move !== undefined && d.seat !== this.seat) this.chosen.clear();
        this.chosen.add(d.seat);
        this.#lapseOffers(d.seat);
        break;
      case "revealed":
        this.chosen.clear();
        break;
      case "lapsed":
        this.moves.push({ seq, seat: d.seat, lapsed: true });
        this.#lapseOffers(d.seat);
        break;
      case "takenback":
        this.moves = this.moves.filter((m) => m.seq <= d.to);
        this.offers = {};
        break;
      case "offered":
        this.offers = { ...this.offers, [d.what]: [...(this.offers[d.what] ?? []), d.seat] };
        break;
      case "answered":
        this.offers = { ...this.offers, [d.what]: undefined };
        break;
      case "gone":
        this.away.add(d.seat);
        break;
      case "back":
        this.away.delete(d.seat);
        break;
      case "ended":
        this.#ended(d.result);
        break;
      case "settled":
        this.settled = d;
        break;
    }
  }

  /** Who moves has said no to a draw that another offers, and to any takeback. One's own draw may be thought about. */
  #lapseOffers(mover) {
    const draw = this.offers.draw?.filter((seat) => seat === mover);
    this.offers = { ...this.offers, draw, takeback: undefined };
  }

  #ended(result) {
    this.offers = {};
    this.away.clear(); // nobody is told of it any more
    if (result.kind !== "void") this.results.set(this.game, result);
    this.#head({ state: result.kind === "void" ? "void" : "finished", result });
    if (this.live && this.moves.some((m) => m.move === undefined && !m.lapsed)) this.emit("gap");
  }

  /** While a backlog is read, the head already is what the match has become since. */
  #head(change) {
    if (this.live) this.info = { ...this.info, ...change };
  }
}
