/** The page of the leaderboards, one game at a time. */

import { html, useEffect } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";
import { Board, GameTabs, rateable } from "./leaderboard.js";
import { signalTurn } from "./title.js";

const SHOWN = 100;

export function LeaderboardPage({ game: asked }) {
  const { router } = useApp();
  const games = rateable();
  const game = games.find((g) => g.id === asked) ?? games[0];
  useEffect(() => signalTurn("Leaderboard", false), []);
  return html`<div class="narrow-page" data-testid="leaderboard-page">
    <h1>Leaderboard</h1>
    <p class="hint">Glicko-2 ratings. ± is how sure a rating is: the true strength is in that range nineteen times out of twenty.
      A question mark says that it is still a guess.</p>
    <${GameTabs} games=${games} game=${game} name="game" onChange=${(id) => router.navigate(`/leaderboard?game=${id}`, { replace: true })} />
    <section class="card"><${Board} game=${game.id} limit=${SHOWN} wide /></section>
  </div>`;
}
