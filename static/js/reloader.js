/**
 * Reloader: a page that meets a server of another version loads itself again, so that new frames never meet old
 * modules; but only between games, and once for each version.
 */

const KEY = "everturn.reloaded";

export class Reloader {
  #reload;
  #storage;
  #wanted = null;
  #busy = false;

  /** @param {() => void} reload @param {Storage} storage of this tab */
  constructor(reload, storage) {
    this.#reload = reload;
    this.#storage = storage;
  }

  /** The server is of that version now. */
  want(version) {
    this.#wanted = version;
    this.#try();
  }

  /** Whether a game is on that must not be disturbed. */
  busy(is) {
    this.#busy = is;
    this.#try();
  }

  #try() {
    if (this.#wanted === null || this.#busy) return;
    const version = this.#wanted;
    this.#wanted = null;
    try {
      if (this.#storage.getItem(KEY) === version) return;
      this.#storage.setItem(KEY, version);
    } catch {
      return; // Without storage nothing would stop a loop of reloads.
    }
    this.#reload();
  }
}
