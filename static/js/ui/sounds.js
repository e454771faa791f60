/**
 * Sounds: short tones made in the browser, without a file. All of them repeat what is shown and said anyway.
 *
 * Browsers let a page make sounds only after a first gesture, and so does this one: before it nothing is even prepared.
 * News: "change" (on or off, volume).
 */

import { Emitter } from "../emitter.js";
import { recall, remember } from "./remembered.js";

const KEY = "everturn.sound";

/** Each sound as its notes: [start in s, pitch in Hz, length in s, loudness, waveform]. */
const SCORES = {
  move: [[0, 330, 0.07, 0.5, "triangle"]],
  turn: [
    [0, 440, 0.07, 0.5, "triangle"],
    [0.09, 660, 0.12, 0.5, "triangle"],
  ],
  hit: [
    [0, 150, 0.16, 0.9, "sawtooth"],
    [0.05, 95, 0.22, 0.8, "triangle"],
  ],
  win: [
    [0, 523, 0.14, 0.5, "triangle"],
    [0.12, 659, 0.14, 0.5, "triangle"],
    [0.24, 784, 0.32, 0.6, "triangle"],
  ],
  lose: [
    [0, 392, 0.18, 0.5, "sine"],
    [0.17, 330, 0.18, 0.5, "sine"],
    [0.34, 262, 0.36, 0.5, "sine"],
  ],
  draw: [
    [0, 440, 0.18, 0.5, "sine"],
    [0.17, 440, 0.3, 0.4, "sine"],
  ],
  low: [
    [0, 880, 0.08, 0.5, "square"],
    [0.16, 880, 0.08, 0.5, "square"],
  ],
};

export class Sounds extends Emitter {
  #context = null;
  #open;
  #sounding = 0; // notes that have not ended

  /** Whether sounds are wanted, and how loud they are, 0 to 1. */
  enabled = true;
  volume = 0.6;
  /** The names of the latest sounds that were made, for tests to listen to. */
  played = [];

  /** @param {() => AudioContext} open makes the browser's way to make sounds; called at the first gesture */
  constructor(open) {
    super();
    this.#open = open;
    const kept = recall(KEY);
    if (typeof kept?.enabled === "boolean") this.enabled = kept.enabled;
    if (kept?.volume >= 0 && kept.volume <= 1) this.volume = kept.volume;
  }

  /** Whether a gesture has let the page make sounds. */
  get allowed() {
    return this.#context !== null;
  }

  /** Somebody has touched the page. */
  gesture() {
    if (this.#context || !this.enabled) return;
    try {
      this.#context = this.#open();
      // Resumed within the gesture: there are browsers in which only this lets it sound later.
      this.#context.resume().then(() => this.#rest(), () => {});
    } catch {
      // Without a way to make sounds the page is complete, too.
    }
  }

  /** Makes a sound, if it may and should: move, turn, hit, win, lose, draw, low. */
  play(name) {
    if (!this.enabled || !this.#context) return;
    this.played = [...this.played, name].slice(-50);
    this.#context.resume();
    for (const note of SCORES[name]) this.#note(...note);
  }

  set(change) {
    Object.assign(this, change);
    remember(KEY, { enabled: this.enabled, volume: this.volume });
    this.emit("change");
  }

  #note(start, pitch, length, loudness, waveform) {
    const context = this.#context;
    const at = context.currentTime + start;
    const tone = new OscillatorNode(context, { type: waveform, frequency: pitch });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25 * loudness * this.volume, at + 0.008); // no click at the start,
    gain.gain.exponentialRampToValueAtTime(0.0001, at + length); //                   nor at the end
    tone.connect(gain).connect(context.destination);
    this.#sounding++;
    tone.onended = () => {
      this.#sounding--;
      this.#rest();
    };
    tone.start(at);
    tone.stop(at + length + 0.02);
  }

  /** Stops the device when nothing sounds: one that plays silence costs a phone its battery. */
  #rest() {
    if (this.#sounding === 0) this.#context.suspend();
  }
}
