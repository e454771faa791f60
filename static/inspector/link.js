/**
 * The link to the server: whether it is there, which boot of it, and its figures of the last minutes. One for the whole page,
 * which it tells of "change", and each second of "figures".
 */

import { Emitter } from "../js/emitter.js";
import { follow } from "./api.js";

const SAMPLES = 120; // seconds of figures that are kept
const TOLD = 12_000; // ms for which a return is told

export class Link extends Emitter {
  /** Whether the server was reached last; null before the first answer. */
  up = null;
  /** Since when it is away; null while it is there. */
  since = null;
  /** After it came back: {downFor, before, boot}, for a while. */
  back = null;
  /** The latest figures, as the server gives them, and those of the last two minutes. */
  engine = null;
  samples = [];
  #forget = null;

  /** Listens from now on. */
  start() {
    follow(() => "/engine/live", { engine: (figures) => this.#hear(figures) }, { down: () => this.#lose() });
  }

  /** The boot of the server, as long as needed to tell it from another. */
  get boot() {
    return this.engine?.boot ? shortBoot(this.engine.boot) : null;
  }

  #hear(figures) {
    const before = this.engine?.boot;
    if (this.since !== null || (before && before !== figures.boot)) this.#tell(before, figures.boot);
    const changed = this.up !== true || before !== figures.boot;
    this.engine = figures;
    this.samples = [...(before === figures.boot || !before ? this.samples : this.samples.slice(-SAMPLES / 2)), figures].slice(-SAMPLES);
    this.up = true;
    this.since = null;
    if (changed) this.emit("change");
    this.emit("figures");
  }

  #tell(before, boot) {
    this.back = { downFor: this.since === null ? null : Date.now() - this.since, before: before && shortBoot(before), boot: shortBoot(boot) };
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.back = null;
      this.emit("change");
    }, TOLD);
  }

  #lose() {
    this.since ??= Date.now();
    this.up = false;
    this.back = null;
    this.emit("change");
  }
}

export const shortBoot = (boot) => String(boot).slice(0, 8);
