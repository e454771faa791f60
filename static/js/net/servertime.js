/**
 * ServerTime: what time it is at the server, from pings.
 *
 * Each pong bounds the offset between the two clocks to half its round trip; the sample with the shortest round trip
 * among the last few is the best, and also follows a clock that drifts.
 */

const KEEP = 8;

export class ServerTime {
  #now;
  #samples = [];

  /** @param {() => number} now a monotone local clock in ms */
  constructor(now) {
    this.#now = now;
  }

  /** Starts anew from a server time that arrived just now, who knows how long after it was told: any sample beats it. */
  guess(serverNow) {
    this.#samples = [{ offset: serverNow - this.#now(), rtt: Infinity }];
  }

  /** Takes in a server time (ms since 1970) that arrived just now, `rtt` ms after it was asked for. */
  sample(serverNow, rtt) {
    this.#samples.push({ offset: serverNow + rtt / 2 - this.#now(), rtt });
    if (this.#samples.length > KEEP) this.#samples.shift();
  }

  /** The server's time in ms since 1970; before any sample, the local wall clock. */
  now() {
    if (this.#samples.length === 0) return Date.now();
    const best = this.#samples.reduce((a, b) => (b.rtt < a.rtt ? b : a));
    return this.#now() + best.offset;
  }
}
