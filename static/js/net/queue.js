/**
 * QuickMatch: this player's place in the queue, held until an opponent is found.
 *
 * The server answers each question when something has changed or after WAIT; a ticket that nobody asks for expires, so
 * a closed page leaves the queue by itself. While the server is away the ticket waits: it is on disk. Its id is kept in
 * the tab's storage, so that a page that is loaded again goes on with it; and with it goes on who was ready for a match
 * that was called off.
 *
 * News: "change", "matched" (match id), "ended" (a sentence: why there is no place in the queue any more).
 */

import { Emitter } from "../emitter.js";
import { Problem, once, persistently } from "./api.js";
import { newID } from "./id.js";

const WAIT = 20; // seconds that the server may take for an answer
const AGAIN = 1_500; // ms before the next question after one that failed
const SOON = 300; // ms until a ticket has heard that its match is called off

const KEY = "everturn.ticket";

const path = (id) => `/api/queue/${encodeURIComponent(id)}`;

export class QuickMatch extends Emitter {
  #now;
  #storage;
  #held = null; // the ticket's id, once the server has given it
  #asked = Promise.resolve(); // all that was asked of the queue, one after the other
  #unwanted = null; // ends the question that is being waited for

  /** What is looked for, {game, clock}, or null; the server's last word about it; and when the search began. */
  wish = null;
  ticket = null;
  since = 0;

  /**
   * @param {() => number} now in ms
   * @param {Storage} storage of the tab
   */
  constructor(now, storage) {
    super();
    this.#now = now;
    this.#storage = storage;
  }

  /** Begins to look for an opponent. Throws a Problem where the server says no. */
  async start({ game, clock }) {
    if (this.wish) return;
    const wish = { game, clock }; // this search, which is told from the others by it
    this.#become(wish, null);
    this.since = this.#now();
    try {
      await this.#inTurn(() => this.#take(wish));
    } catch (problem) {
      if (this.wish === wish) this.#become(null, null);
      throw problem;
    }
    if (this.wish === wish) this.#follow(wish);
  }

  async #take(wish) {
    if (this.wish !== wish) return; // cancelled before it was asked for
    const body = { game: wish.game, ...(wish.clock && { clock: wish.clock }) };
    const ticket = await persistently("POST", "/api/queue", body, { "Idempotency-Key": newID() });
    if (this.wish !== wish) return drop(ticket.id); // cancelled meanwhile
    this.#held = ticket.id;
    this.#keep({ id: ticket.id, wish });
    this.#become(wish, ticket);
  }

  /**
   * Asks once what was asked before is answered. Who has an open ticket is given that one: a search that is begun while
   * another is being given up would have a ticket that is about to end.
   */
  #inTurn(ask) {
    const answer = this.#asked.then(ask);
    this.#asked = answer.catch(() => {});
    return answer;
  }

  /** Goes on with the search of the page that was here before. */
  resume() {
    const { id, wish, match } = this.#kept();
    if (id && !match) this.#goOn(id, wish);
  }

  /** Goes on with the search that led to a match, which was called off before it began: who was ready has the place again. */
  goOnAfter(match) {
    const kept = this.#kept();
    if (kept.match === match) this.#goOn(kept.id, kept.wish, match);
  }

  #goOn(id, wish, calledOff) {
    if (this.wish) return;
    this.since = this.#now();
    this.#become(wish, null);
    this.#held = id;
    this.#follow(wish, calledOff);
  }

  /** Gives the place up. */
  cancel() {
    const id = this.#held;
    this.#unwanted?.abort();
    this.#become(null, null);
    this.#keep({});
    if (id) this.#inTurn(() => drop(id));
  }

  /** How long the search has taken, in ms. */
  waited() {
    return this.wish ? this.#now() - this.since : 0;
  }

  async #follow(wish, calledOff) {
    const id = this.#held;
    while (this.wish === wish) {
      try {
        // The first answer after a page was loaded is wanted at once.
        this.#unwanted = new AbortController();
        const ticket = await once("GET", path(id), undefined, this.ticket && { Prefer: `wait=${WAIT}` }, this.#unwanted.signal);
        if (this.wish !== wish) return;
        if (ticket.state === "waiting") {
          if (!this.ticket) this.since = this.#now() - (ticket.waited ?? 0);
          this.#keep({ id, wish });
          this.#become(wish, ticket);
        } else if (ticket.match && ticket.match === calledOff) await pause(SOON);
        else return this.#over(ticket, calledOff);
      } catch (problem) {
        if (this.wish !== wish) return;
        if (!(problem instanceof Problem) || [401, 404].includes(problem.status))
          return this.#over({ state: "expired" });
        await pause(Math.max(problem.retry, AGAIN));
      }
    }
  }

  #over({ state, match }, calledOff) {
    this.#keep(state === "matched" ? { id: this.#held, wish: this.wish, match } : {});
    this.#become(null, null);
    if (state === "matched") this.emit("matched", match);
    else if (calledOff) this.emit("ended", "You were not ready, so the search is over.");
    else if (state === "expired") this.emit("ended", "Nobody came in time. Look again, or play the bot meanwhile.");
    else this.emit("ended", "The search was cancelled.");
  }

  #keep(kept) {
    try {
      this.#storage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Without storage a reload ends the search: the ticket expires.
    }
  }

  #kept() {
    try {
      return JSON.parse(this.#storage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  }

  #become(wish, ticket) {
    this.wish = wish;
    this.ticket = ticket;
    if (wish === null) this.#held = null;
    this.emit("change");
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A ticket that is not there any more is as good as dropped, and one that cannot be reached expires. */
const drop = (id) => once("DELETE", path(id)).catch(() => {});
