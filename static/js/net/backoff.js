/**
 * Backoff: how long to wait before the next attempt to reach the server.
 *
 * Full jitter: the wait is drawn evenly from zero to a ceiling that grows with each attempt, so that a thousand
 * clients cut off by one restart do not come back in step.
 */

const FIRST = 250; // ms: the first ceiling
const GROWTH = 1.7;
const CAP_EARLY = 2_000; // ms: the highest ceiling while a cut is young: a restart is over in seconds
const CAP_LATE = 8_000; // ms: the highest ceiling afterwards
const EARLY = 30_000; // ms: how long a cut is young

export class Backoff {
  #random;
  #tries = 0;

  /** @param {() => number} random draws evenly from [0, 1) */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** The next wait in ms, given how long the connection has been down (ms). */
  next(downFor) {
    const cap = downFor < EARLY ? CAP_EARLY : CAP_LATE;
    const ceiling = Math.min(cap, FIRST * GROWTH ** this.#tries);
    this.#tries++;
    return this.#random() * ceiling;
  }

  /** Called when a connection has lasted: the next cut starts from the first ceiling again. */
  reset() {
    this.#tries = 0;
  }
}
