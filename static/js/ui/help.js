/** Pages for addresses that lead nowhere, which help instead of staying blank. */

import { html, useEffect } from "../../vendor/htm-preact.js";
import { useApp, useNews } from "./app.js";
import { JoinByCode } from "./join.js";
import { WaitingCard } from "./quickmatch.js";

function HelpPage({ title, children, testid }) {
  return html`<div class="help" data-testid=${testid}>
    <svg class="help-mark" viewBox="0 0 96 96" aria-hidden="true">
      <rect x="6" y="6" width="84" height="84" rx="18" fill="none" stroke="var(--line-strong)" stroke-width="3" stroke-dasharray="7 8" />
      <circle cx="48" cy="48" r="15" fill="none" stroke="var(--accent)" stroke-width="4" />
    </svg>
    <h1>${title}</h1>
    ${children}
    <section class="card narrow"><${JoinByCode} /></section>
    <p><a class="button" href="/">Start a new game</a></p>
  </div>`;
}

export const UnknownMatch = ({ id }) => html`<${HelpPage} title="There is no such match" testid="unknown-match">
  <p>Nothing is known about <strong>${id.slice(0, 40)}</strong>. A code has four characters, never 0, 1, I, L or O, and is given
    to somebody else a day after its match has ended. Ask your friend for the link again, or try the code:</p>
<//>`;

/** A match of the queue that somebody was not ready for: who was goes on waiting. */
export function VoidMatch({ info: { id, result } }) {
  const { quick } = useApp();
  useNews(quick);
  const notReady = result?.reason === "not_ready";
  useEffect(() => {
    if (notReady) quick.goOnAfter(id);
  }, [quick, id, notReady]);
  return html`<${HelpPage} title="This match was called off" testid="void-match">
    <p>${notReady ? "Somebody was not ready." : "A seat stayed empty for too long, or nobody played."} Nothing counts.</p>
    ${quick.ticket && html`<${WaitingCard} />`}
  <//>`;
}

export const UnknownPlayer = () => html`<${HelpPage} title="There is no such player" testid="unknown-player">
  <p>The address may be mistyped: a player's page has a long id in it. Perhaps you have a match to go to:</p>
<//>`;

export const UnknownPage = () => html`<${HelpPage} title="There is no such page" testid="unknown-page">
  <p>The address may be mistyped. Perhaps you have a match to go to:</p>
<//>`;

export const FailedPage = ({ problem, onRetry }) => html`<div class="help" data-testid="failed">
  <h1>That did not work</h1>
  <p>${problem.message}</p>
  <p><button class="primary" onClick=${onRetry}>Try again</button> <a class="button" href="/">Go home</a></p>
</div>`;
