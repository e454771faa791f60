/**
 * Client: the one connection of the page, the matches that it follows and the commands that it owes.
 *
 * It brings the three together as the protocol asks: after each `hello`, first watch every match from its last event,
 * then resend what is not acknowledged, in order, with the same ids.
 *
 * News: "status" (of the connection), "restarted" ({downFor, epochChanged}), "version" (the server is another build),
 * "stood-still" (for how many ms the clocks of a match did), "follow" (a match, before its first frame).
 */

import { Emitter } from "../emitter.js";
import { newID } from "./id.js";
import { Match } from "./match.js";

const PASSING = new Set(["busy", "rate_limited", "unavailable"]); // codes that say: not now
const TRIES = 5; // how often a command that the server has no time for is sent again
const AGAIN = 1_000; // ms until then, where the server names none

export class Client extends Emitter {
  #socket;
  #outbox;
  #time;
  #session;
  #matches = new Map();
  #epoch;
  #version;

  constructor({ socket, outbox, time, session }) {
    super();
    this.#socket = socket;
    this.#outbox = outbox;
    this.#time = time;
    this.#session = session;
    socket.on("status", (status) => this.emit("status", status));
    socket.on("hello", (hello, what) => this.#welcome(hello, what));
    socket.on("pong", (serverNow, rtt) => this.#time.sample(serverNow, rtt));
    socket.on("frame", (frame) => this.#receive(frame));
  }

  get status() {
    return this.#socket.status;
  }

  /** The server's time in ms since 1970. */
  now() {
    return this.#time.now();
  }

  /** Follows a match; the caller `leave`s it when it is no longer shown. Needs a session. */
  follow(id) {
    const match = new Match(id, {
      send: (frame) => this.#socket.send(frame),
      outbox: this.#outbox,
      player: this.#session.player?.id,
    });
    match.on("stood-still", (ms) => this.emit("stood-still", ms));
    this.#matches.set(id, match);
    this.emit("follow", match);
    if (this.#epoch !== undefined) match.resume(this.#epoch);
    this.#socket.start();
    return match;
  }

  leave(match) {
    if (this.#matches.get(match.id) !== match) return;
    this.#matches.delete(match.id);
    match.leave();
  }

  /** Connects if commands of an earlier page still wait for their answer. */
  deliverLeftovers() {
    if (this.#outbox.list().length > 0) this.#socket.start();
  }

  /**
   * Gives a move for the position on the board, unless one is on its way: a double click is one move. Without a
   * connection it is delivered once there is one.
   */
  move(match, move) {
    if (!match.toMove()) return false;
    this.#command(match, { t: "move", id: newID(), m: match.id, move, seq: match.seq }, match.view.phase);
    return true;
  }

  /** Asks for `resign`, `rematch` and so on, unless that is on its way. */
  act(match, act) {
    if (match.asking(act)) return false;
    this.#command(match, { t: "act", id: newID(), m: match.id, act });
    return true;
  }

  /** Says something to those at the table. */
  chat(match, text) {
    this.#command(match, { t: "chat", id: newID(), m: match.id, text });
  }

  #command(match, frame, phase) {
    this.#outbox.add(frame, phase);
    if (this.#socket.send(frame)) this.#socket.probe();
    match.emit("change");
  }

  #welcome(hello, what) {
    this.#time.guess(hello.now);
    this.#epoch = hello.epoch;
    for (const match of this.#matches.values()) {
      match.player = hello.player;
      match.resume(hello.epoch);
    }
    for (const { frame } of this.#outbox.list()) this.#socket.send(frame);
    if (what.restarted) this.emit("restarted", what);
    if (this.#version !== undefined && this.#version !== hello.server) this.emit("version", hello.server);
    this.#version = hello.server;
  }

  #receive(frame) {
    const match = this.#matches.get(frame.m);
    if (frame.t === "ack") this.#acknowledged(frame);
    else if (frame.t === "nack") this.#refused(frame);
    else if (frame.t === "error" && PASSING.has(frame.code) && match) this.#watchAgain(match);
    else match?.receive(frame);
  }

  /** The server had no time for a `watch`: it will. */
  #watchAgain(match) {
    setTimeout(() => {
      if (this.#matches.get(match.id) === match) match.resume(this.#epoch);
    }, AGAIN);
  }

  #acknowledged(ack) {
    const command = this.#outbox.get(ack.id);
    if (!command) return;
    this.#outbox.remove(ack.id);
    this.#matches.get(command.frame.m)?.accepted(command, ack.seq);
  }

  #refused(nack) {
    const command = this.#outbox.get(nack.id);
    if (!command) return;
    // Who writes too much is told so, instead of having it sent later without a word.
    const chatter = command.frame.t === "chat" && nack.code === "rate_limited";
    if (PASSING.has(nack.code) && !chatter && command.tries++ < TRIES) {
      setTimeout(() => this.#socket.send(command.frame), nack.retry ?? AGAIN);
      return;
    }
    this.#outbox.remove(nack.id);
    this.#matches.get(command.frame.m)?.refused(command, nack);
  }
}
