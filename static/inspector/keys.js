/** Keys that work everywhere, and the dialog that lists them. */

import { html, useEffect, useRef } from "../vendor/htm-preact.js";

const KEYS = [
  [["/"], "Search"],
  [["↑", "↓"], "Go through the list; Page Up, Page Down, Home and End too"],
  [["Enter"], "Open what the list is at"],
  [["Space"], "Select it; with Shift all up to it; Ctrl+A all"],
  [["Esc"], "Back"],
  [["←", "→"], "Within a drawing: the event before, the event after"],
  [["g", "o"], "Orchestrations"],
  [["g", "e"], "Entities"],
  [["g", "l"], "Locks"],
  [["g", "m"], "Engine (machine)"],
  [["?"], "This list"],
];
const AREAS = { o: "/inspector", e: "/inspector?kind=entity", l: "/inspector/locks", m: "/inspector/engine" };
const PAUSE = 1200; // ms between the two keys of a pair

/** Listens to keys while nobody types. */
export function useKeys(router, help) {
  const pair = useRef(0);
  useEffect(() => {
    const typed = (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const typing = event.target.matches?.("input:not([type=checkbox]), textarea, select");
      if (event.key === "Escape") return escape(event, router);
      if (typing) return;
      const second = event.timeStamp - pair.current < PAUSE;
      pair.current = 0;
      if (second && AREAS[event.key]) router.navigate(AREAS[event.key]);
      else if (event.key === "g") pair.current = event.timeStamp;
      else if (event.key === "?") help();
      else if (event.key === "/") search(router);
      else if (event.key === "ArrowDown" && event.target.matches("body, main")) document.querySelector('[data-index][tabindex="0"]')?.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", typed);
    return () => document.removeEventListener("keydown", typed);
  }, []);
}

/** Out of a field first; then from a page to the list that it is from. */
function escape(event, router) {
  const { page } = router.route;
  if (event.target.matches?.("input, select, textarea")) {
    event.target.blur();
    document.querySelector('[data-index][tabindex="0"]')?.focus();
  } else if (page !== "list") {
    if (router.depth > 0) history.back();
    else router.navigate("/inspector", { replace: true });
  }
}

/** The field is where the next key goes, not this one. */
async function search(router) {
  if (router.route.page !== "list") router.navigate("/inspector");
  let field = null;
  for (let i = 0; i < 20 && !field; i++) {
    await new Promise(requestAnimationFrame);
    field = document.getElementById("search");
  }
  field?.focus();
  field?.select();
}

export function Help({ close }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} class="asking" aria-labelledby="keys-title" data-testid="keys" onClose=${close} onClick=${(e) => e.target === dialog.current && dialog.current.close()}>
    <h2 id="keys-title">Keyboard shortcuts</h2>
    <dl class="keys">${KEYS.map(([keys, words]) => html`<div key=${words}><dt>${keys.map((k) => html`<kbd key=${k}>${k}</kbd>`)}</dt><dd>${words}</dd></div>`)}</dl>
    <div class="row end"><button class="primary" onClick=${() => dialog.current.close()}>Close</button></div>
  </dialog>`;
}
