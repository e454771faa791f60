/** What the demos' pages share: how they ask the server, also while it is away, and what is on top of each. */

import { Logo } from "../js/ui/icons.js";
import { html, useEffect, useState } from "../vendor/htm-preact.js";

/** What the server refuses, in a sentence for people. */
export class Refusal extends Error {}

let away = () => {};

/** Whether the server is away. One component of a page asks. */
export function useAway() {
  const [gone, set] = useState(false);
  away = set;
  return gone;
}

/** Says whether the server was reached, for those who ask it in another way than by ask. */
export const reached = (yes) => away(!yes);

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks the server; while it is away, again and again: requests are safe to repeat. */
export async function ask(method, path, body, key) {
  const headers = { ...(body !== undefined && { "Content-Type": "application/json" }), ...(key && { "Idempotency-Key": key }) };
  for (let wait = 100; ; wait = Math.min(wait * 2, 1000)) {
    try {
      const answer = await fetch(path, { method, headers, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
      if (answer.status < 500) {
        const value = await answer.json();
        if (!answer.ok) throw new Refusal(value.detail);
        return value;
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
    }
    away(true);
    await pause(wait);
  }
}

/** Reads something again and again while the page is looked at. */
export function usePolled(path, every) {
  const [value, set] = useState(null);
  useEffect(() => {
    let over = false;
    (async () => {
      while (!over) {
        const next = document.hidden ? null : await ask("GET", path).catch(() => null);
        if (over) return;
        if (next) {
          set(next);
          away(false);
        }
        await pause(every);
      }
    })();
    return () => (over = true);
  }, [path]);
  return [value, set];
}

const DEMOS = { "/demo/cart": "Shopping cart", "/demo/job": "Long job", "/demo/fanout": "Fan-out" };

/** The top of a demo's page: the way home, and to the other demos. */
export const Top = () => html`<header class="top demos">
  <a class="brand" href="/"><${Logo} /><span>Everturn</span></a>
  <nav aria-label="Demos">
    ${Object.entries(DEMOS).map(([path, name]) => html`<a href=${path} aria-current=${location.pathname === path ? "page" : undefined}>${name}</a>`)}
  </nav>
</header>`;

/** What is said above a page: that the server is away, and what it has refused. */
export const Said = ({ gone, said, say, meanwhile }) => html`
  ${gone && html`<p class="banner" role="status">The server is away. ${meanwhile}</p>`}
  ${said && html`<p class="banner bad" role="alert">${said}. <button class="quiet" onClick=${() => say("")}>Close</button></p>`}
`;
