/** The foot of every page but the match's: where else to go, and the promise. */

import { html } from "../../vendor/htm-preact.js";

export const Footer = () => html`<footer class="bottom">
  <p>Every move is on disk before anybody sees it.</p>
  <nav aria-label="More">
    <a href="/">Play</a>
    <a href="/leaderboard">Leaderboard</a>
    <a href="/p/me">Your profile</a>
    <a href="/workshop">Workshop</a>
  </nav>
</footer>`;
