/**
 * Session: who this browser is.
 *
 * The token is in an HttpOnly cookie and never seen here. What is remembered is the name, so that the header shows it
 * at once, and so that a visitor who only looks around makes no player on the server: one is made on first need.
 *
 * News: "change".
 */

import { Emitter } from "../emitter.js";
import * as api from "./api.js";

const KEY = "everturn.player";

export class Session extends Emitter {
  #storage;
  #making = null;

  /** {id, name, …} once the server has confirmed it in this page's life, else null. */
  player = null;
  /** The name to show meanwhile, or null for a new visitor. */
  name = null;

  constructor(storage) {
    super();
    this.#storage = storage;
    this.name = remembered(storage);
  }

  /** Whether this browser has played before, as far as it knows. */
  get known() {
    return this.name !== null;
  }

  /** Resolves to the player, made or restored; simultaneous calls share one request. */
  ensure() {
    if (this.player) return Promise.resolve(this.player);
    return this.refresh();
  }

  /** Asks the server again who this is: after the session ended or may have been lost. */
  refresh() {
    this.#making ??= api
      .ensurePlayer(this.name)
      .then((player) => this.#set(player))
      .finally(() => (this.#making = null));
    return this.#making;
  }

  async rename(name) {
    await this.ensure();
    return this.#set(await api.rename(name));
  }

  /** Another tab renamed the player. */
  renamedElsewhere() {
    this.name = remembered(this.#storage);
    if (this.player && this.name) this.player = { ...this.player, name: this.name };
    this.emit("change");
  }

  #set(player) {
    this.player = player;
    this.name = player.name;
    try {
      this.#storage.setItem(KEY, player.name);
    } catch {
      // Without storage the name is shown as soon as the server has told it.
    }
    this.emit("change");
    return player;
  }
}

function remembered(storage) {
  try {
    return storage.getItem(KEY);
  } catch {
    return null;
  }
}
