/**
 * Outbox: the commands that the server has not answered yet, in the order in which the player gave them.
 *
 * It is kept in sessionStorage, so that even a reload, or a tab that the system threw out of memory, still delivers
 * them. Delivering one twice is harmless: the server knows its id.
 */

const KEY = "everturn.outbox";

/**
 * @typedef {object} Command
 * @property {object} frame the frame exactly as it is sent, each time: {t, id, m, …}
 * @property {number} [phase] the phase of the position for which a move was meant
 * @property {number} tries how often the server asked to try again
 */
export class Outbox {
  #storage;
  /** @type {Command[]} */
  #commands;

  /** @param {Storage} storage may refuse (private windows, quota): then the outbox lives as long as the page */
  constructor(storage) {
    this.#storage = storage;
    this.#commands = load(storage);
  }

  add(frame, phase) {
    const command = { frame, phase, tries: 0 };
    this.#commands.push(command);
    this.#save();
    return command;
  }

  get(id) {
    return this.#commands.find((c) => c.frame.id === id);
  }

  remove(id) {
    this.#commands = this.#commands.filter((c) => c.frame.id !== id);
    this.#save();
  }

  /** All commands, or those for one match, oldest first. */
  list(match) {
    return this.#commands.filter((c) => match === undefined || c.frame.m === match);
  }

  #save() {
    try {
      this.#storage.setItem(KEY, JSON.stringify(this.#commands));
    } catch {
      // Storage is full or forbidden. The commands are still in memory and are still delivered by this page.
    }
  }
}

function load(storage) {
  try {
    const stored = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((c) => typeof c?.frame?.id === "string") : [];
  } catch {
    return [];
  }
}
