/** The foot of every page but the match's: where else to go, and the promise. */

import { html } from "../../vendor/htm-preact.js";

/** Whoever runs the server on this machine may look below the games, too; other visitors would find these doors closed. */
const atHome = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

export const Footer = () => html`<footer class="bottom">
  <p>Every move is on disk before anybody sees it.</p>
  <nav aria-label="More">
    <a href="/">Play</a>
    <a href="/leaderboard">Leaderboard</a>
    <a href="/p/me">Your profile</a>
    <a href="/api">API</a>
    ${atHome && html`<a href="/inspector">Inspector</a><a href="/workshop">Workshop</a>`}
  </nav>
</footer>`;
