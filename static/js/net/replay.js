/**
 * Replay: one game of a match, move by move. Position k is the one after the k-th move, 0 the first; the positions are the
 * server's, which knows the rules: this page only asks for them, and keeps those it has seen.
 *
 * It has no DOM and asks by what it is given. News: "change".
 */

import { Emitter } from "../emitter.js";

export class Replay extends Emitter {
  #ask;
  #seen = new Map(); // "eyes k" → promise of {view, hash}
  #wanted = 0; // outdates answers that are overtaken

  /** Where the slider is; the position that is shown, {k, eyes, view, hash}, which may lag behind; and what went wrong. */
  at = 0;
  shown = null;
  problem = null;
  /** Through whose eyes: "all", "watcher", a seat's number, or null for those of the caller. */
  eyes;

  /**
   * @param {object} record of the game, as HTTP gives it
   * @param {(k: number, eyes: string|number|null) => Promise<{view: object, hash: string}>} ask
   * @param {string|number|null} eyes
   */
  constructor(record, ask, eyes = null) {
    super();
    this.record = record;
    this.eyes = eyes;
    this.#ask = ask;
  }

  /** The number of the last position. */
  get end() {
    return this.record.moves.length;
  }

  /** Shows position k, or the nearest there is; resolves when it is shown. */
  async go(k) {
    this.at = Math.max(0, Math.min(this.end, Math.trunc(k) || 0));
    const wanted = ++this.#wanted;
    const { at, eyes } = this;
    this.emit("change");
    try {
      const { view, hash } = await this.#position(at, eyes);
      if (wanted !== this.#wanted) return;
      this.shown = { k: at, eyes, view, hash };
      this.problem = null;
      if (at < this.end) this.#position(at + 1, eyes).catch(() => {}); // most likely the next
    } catch (problem) {
      if (wanted !== this.#wanted) return;
      this.problem = problem;
    }
    this.emit("change");
  }

  /** Looks through other eyes at the same position. */
  look(eyes) {
    this.eyes = eyes;
    return this.go(this.at);
  }

  #position(k, eyes) {
    const key = `${eyes} ${k}`;
    if (!this.#seen.has(key)) {
      const asked = this.#ask(k, eyes);
      this.#seen.set(key, asked);
      asked.catch(() => this.#seen.delete(key)); // it may be asked for again
    }
    return this.#seen.get(key);
  }
}

/** The event after which position k of a recorded game stands. */
export function eventOf(record, k) {
  if (k >= record.moves.length) return record.to; // with the end that came after the last move
  return k === 0 ? record.from : record.moves[k - 1].seq;
}

/** Asks for the positions of a match. */
export const fromMatch = (api, id, record) => (k, eyes) => api.position(id, eventOf(record, k), eyes);

/** Asks for the positions of a record's text, all at once for each pair of eyes. */
export function fromText(api, text, first) {
  const played = new Map([["watcher", Promise.resolve(first)]]);
  return async (k, eyes) => {
    if (!played.has(eyes)) {
      const asked = api.playBack(text, eyes);
      played.set(eyes, asked);
      asked.catch(() => played.delete(eyes));
    }
    const { positions } = await played.get(eyes);
    return positions.findLast((p) => p.seq <= k); // a move that was taken back has none of its own
  };
}
