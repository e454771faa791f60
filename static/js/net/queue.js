/**
 * QuickMatch: this player's place in the queue, held until an opponent is found.
 *
 * The server answers each question when something has changed or after WAIT; a ticket that nobody asks for expires, so
 * a closed page leaves the queue by itself. While the server is away the ticket waits: it is on disk.
 *
 * News: "change", "matched" (match id), "ended" (a sentence: why there is no place in the queue any more).
 */

import { Emitter } from "../emitter.js";
import { Problem, once, persistently } from "./api.js";
import { newID } from "./id.js";

const WAIT = 20; // seconds that the server may take for an answer
const AGAIN = 1_500; // ms before the next question after one that failed

const path = (id) => `/api/queue/${encodeURIComponent(id)}`;

export class QuickMatch extends Emitter {
  #now;
  #held = null; // the ticket's id, once the server has given it

  /** What is looked for, {game, clock}, or null; the server's last word about it; and when the search began. */
  wish = null;
  ticket = null;
  since = 0;

  /** @param {() => number} now in ms */
  constructor(now) {
    super();
    this.#now = now;
  }

  /** Begins to look for an opponent. Throws a Problem where the server says no. */
  async start(wish) {
    if (this.wish) return;
    this.#become(wish, null);
    this.since = this.#now();
    try {
      const body = { game: wish.game, ...(wish.clock && { clock: wish.clock }) };
      const ticket = await persistently("POST", "/api/queue", body, { "Idempotency-Key": newID() });
      if (this.wish !== wish) return void drop(ticket.id); // cancelled meanwhile
      this.#held = ticket.id;
      this.#become(wish, ticket);
    } catch (problem) {
      if (this.wish === wish) this.#become(null, null);
      throw problem;
    }
    this.#follow(wish);
  }

  /** Gives the place up. */
  cancel() {
    const id = this.#held;
    this.#become(null, null);
    if (id) drop(id);
  }

  /** How long the search has taken, in ms. */
  waited() {
    return this.wish ? this.#now() - this.since : 0;
  }

  async #follow(wish) {
    const id = this.#held;
    while (this.wish === wish) {
      try {
        const ticket = await once("GET", path(id), undefined, { Prefer: `wait=${WAIT}` });
        if (this.wish !== wish) return;
        if (ticket.state === "waiting") this.#become(wish, ticket);
        else return this.#over(ticket);
      } catch (problem) {
        if (this.wish !== wish) return;
        if (!(problem instanceof Problem) || [401, 404].includes(problem.status))
          return this.#over({ state: "expired" });
        await new Promise((done) => setTimeout(done, Math.max(problem.retry, AGAIN)));
      }
    }
  }

  #over({ state, match }) {
    this.#become(null, null);
    if (state === "matched") this.emit("matched", match);
    else if (state === "expired") this.emit("ended", "Nobody came in time. Look again, or play the bot meanwhile.");
    else this.emit("ended", "The search was cancelled.");
  }

  #become(wish, ticket) {
    this.wish = wish;
    this.ticket = ticket;
    if (wish === null) this.#held = null;
    this.emit("change");
  }
}

/** A ticket that is not there any more is as good as dropped, and one that cannot be reached expires. */
const drop = (id) => once("DELETE", path(id)).catch(() => {});
