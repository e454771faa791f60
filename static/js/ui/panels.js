/** Moves, chat and story of a match, one at a time behind tabs. Those that are not shown stay up to date. */

import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { Chat } from "./chat.js";
import { Moves } from "./moves.js";
import { Story } from "./story.js";

const TABS = [
  { id: "moves", name: "Moves" },
  { id: "chat", name: "Chat" },
  { id: "story", name: "Events" },
];

export function Panels({ match, renderer }) {
  const [shown, setShown] = useState("moves");
  const [read, setRead] = useState(0); // the last message that was seen
  const strip = useRef();
  const last = match.story.findLast((e) => e.k === "chat")?.seq ?? 0;
  const unread = shown === "chat" ? 0 : match.story.filter((e) => e.k === "chat" && e.seq > read && e.d.seat !== match.seat).length;
  useEffect(() => {
    if (shown === "chat") setRead(last);
  }, [shown, last]);

  const step = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const at = TABS.findIndex((tab) => tab.id === shown);
    const to = TABS[(at + by + TABS.length) % TABS.length].id;
    setShown(to);
    strip.current.querySelector(`[data-tab="${to}"]`).focus();
  };
  return html`<section class="panels" aria-label="Moves and talk">
    <div class="tabs" role="tablist" ref=${strip} onKeyDown=${step}>
      ${TABS.map(
        ({ id, name }) => html`<button key=${id} role="tab" id=${`tab-${id}`} data-tab=${id} aria-controls=${`panel-${id}`} aria-selected=${id === shown}
          tabindex=${id === shown ? 0 : -1} class="plain" data-testid=${`tab-${id}`} onClick=${() => setShown(id)}>
          ${name}${id === "chat" && unread > 0 && html`<b class="badge" data-testid="unread">${unread}<span class="sr-only"> unread</span></b>`}
        </button>`,
      )}
    </div>
    <div class="panel" role="tabpanel" id="panel-moves" aria-labelledby="tab-moves" hidden=${shown !== "moves"}>
      <${Moves} match=${match} renderer=${renderer} shown=${shown === "moves"} /></div>
    <div class="panel" role="tabpanel" id="panel-chat" aria-labelledby="tab-chat" hidden=${shown !== "chat"}>
      <${Chat} match=${match} shown=${shown === "chat"} /></div>
    <div class="panel" role="tabpanel" id="panel-story" aria-labelledby="tab-story" hidden=${shown !== "story"}>
      <${Story} match=${match} renderer=${renderer} shown=${shown === "story"} /></div>
  </section>`;
}
