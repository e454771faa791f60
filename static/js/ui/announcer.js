/**
 * What is said to those who listen (polite live region), and what is said to everybody for a moment (a notice).
 */

import { html, useEffect } from "../../vendor/htm-preact.js";
import { Emitter } from "../emitter.js";
import { useApp, useNews } from "./app.js";

const KEEP = 4; // sentences that stay in the region, so that quick ones are not swallowed
const SHOW = 6_000; // ms that a notice stays

export class Announcer extends Emitter {
  #n = 0;
  /** The last sentences: {id, text}. */
  said = [];

  say(text) {
    this.said = [...this.said, { id: ++this.#n, text }].slice(-KEEP);
    this.emit("change");
  }
}

export class Notices extends Emitter {
  #announcer;
  #n = 0;
  /** {id, text, tone} or null. */
  current = null;

  constructor(announcer) {
    super();
    this.#announcer = announcer;
  }

  /** Shows and announces a sentence. */
  show(text, tone = "info") {
    this.current = { id: ++this.#n, text, tone };
    this.#announcer.say(text);
    this.emit("change");
  }

  dismiss(id) {
    if (this.current?.id !== id) return;
    this.current = null;
    this.emit("change");
  }
}

export function LiveRegion() {
  const { announcer } = useApp();
  useNews(announcer);
  return html`<div class="sr-only" aria-live="polite" data-testid="announcer">
    ${announcer.said.map(({ id, text }) => html`<p key=${id}>${text}</p>`)}
  </div>`;
}

export function Notice() {
  const { notices } = useApp();
  useNews(notices);
  const current = notices.current;
  useEffect(() => {
    if (!current) return;
    const timer = setTimeout(() => notices.dismiss(current.id), SHOW);
    return () => clearTimeout(timer);
  }, [current?.id]);
  if (!current) return null;
  return html`<div class="notice ${current.tone}" key=${current.id} data-testid="notice">
    <p>${current.text}</p>
    <button class="plain" aria-label="Close this notice" onClick=${() => notices.dismiss(current.id)}>×</button>
  </div>`;
}
