/** What has happened in the match, in words: each line is an event of its stored history, with its number. */

import { html, useEffect, useRef } from "../../vendor/htm-preact.js";
import { told } from "./words.js";

export function Story({ match, renderer, shown }) {
  const list = useRef();
  const lines = match.story.flatMap((event) => {
    const text = event.k === "chat" ? null : told(event, match, renderer);
    return text ? [{ seq: event.seq, text, kind: event.k }] : [];
  });
  useEffect(() => {
    if (shown && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [shown, lines.length]);
  return html`<ol class="lines story" ref=${list} tabindex="0" aria-label="What has happened" data-testid="story">
    ${lines.map(({ seq, text, kind }) => html`<li key=${seq} class=${kind} data-testid="story-line"><small title="Number of the event">${seq}</small><span>${text}</span></li>`)}
    ${lines.length === 0 && html`<li class="none">Nothing has happened yet.</li>`}
  </ol>`;
}
