/** The best players of a game, as a table. */

import { html } from "../../vendor/htm-preact.js";
import { renderers } from "../../games/index.js";
import { leaderboard } from "../net/directory.js";
import { useApp, useNews } from "./app.js";
import { Segments, Select } from "./fields.js";
import { Rating } from "./profile.js";
import { useRemembered } from "./remembered.js";
import { useQuery } from "./usequery.js";

const SHORT = 5; // lines on the start page

/** The games that can be rated and drawn. */
export const rateable = () => renderers().filter((r) => !r.coop);

/** @param {{game: string, limit: number, wide?: boolean}} props wide: with games and deviation, too */
export function Board({ game, limit, wide = false }) {
  const { session } = useApp();
  useNews(session);
  const { data, problem, retry } = useQuery(() => leaderboard(game, limit), [game, limit]);
  if (problem) return html`<p class="hint" data-testid="no-leaderboard">The leaderboard can't be shown right now. <button class="plain" onClick=${retry}>Try again</button></p>`;
  if (!data) return html`<p class="hint"><span class="spinner" /> Looking…</p>`;
  if (data.players.length === 0) return html`<p class="hint" data-testid="empty-leaderboard">Nobody has a rating yet. A quick match makes you the first.</p>`;
  return html`<table class="ranks ${wide ? "wide" : ""}" data-testid="leaderboard">
    <thead><tr><th scope="col">#</th><th scope="col">Player</th>${wide && html`<th scope="col" class="number">Games</th><th scope="col" class="number">±</th>`}<th scope="col" class="number">Rating</th></tr></thead>
    <tbody>${data.players.map(
      (p) => html`<tr key=${p.player} class=${p.player === session.player?.id ? "own" : ""}>
      <td>${p.rank}</td>
      <th scope="row"><a href=${`/p/${p.player}`}>${p.name}</a></th>
      ${wide && html`<td class="number">${p.games}</td><td class="number">${Math.round(2 * p.deviation)}</td>`}
      <td class="number"><${Rating} ...${p} /></td>
    </tr>`,
    )}</tbody>
  </table>`;
}

/** The panel of the start page. */
export function LeaderboardPanel() {
  const games = rateable();
  const [choice, choose] = useRemembered("everturn.leaderboard", { game: null });
  const game = games.find((g) => g.id === choice.game) ?? games[0];
  return html`<section class="card leaders" aria-label="Leaderboard" data-testid="leaders">
    <div class="leaders-head"><h2>Leaderboard</h2><a href="/leaderboard">All</a></div>
    <${Select} label="Game" name="leaders-game" options=${named(games)} value=${game.id} onChange=${(id) => choose({ game: id })} />
    <${Board} game=${game.id} limit=${SHORT} />
  </section>`;
}

/** One of the games, all in sight. */
export const GameTabs = ({ games, game, onChange, name }) => html`<div class="game-tabs">
  <${Segments} legend="Game" name=${name} value=${game.id} onChange=${onChange} options=${named(games)} />
</div>`;

const named = (games) => games.map((g) => ({ value: g.id, name: g.name }));
