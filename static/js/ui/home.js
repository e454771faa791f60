/** The start page: a game in two clicks, an opponent by link, code, lobby or queue, and what is going on. */

import { html, useEffect } from "../../vendor/htm-preact.js";
import { JoinByCode } from "./join.js";
import { LeaderboardPanel } from "./leaderboard.js";
import { Lobby } from "./lobby.js";
import { NewGame } from "./newgame.js";
import { WaitingCard, useQuickMatch } from "./quickmatch.js";
import { signalTurn } from "./title.js";

export function Home() {
  useEffect(() => signalTurn(null, false), []);
  const search = useQuickMatch();
  return html`<div class="home" data-testid="home">
    <div class="hero">
      <h1>Pull the plug. <span>Keep playing.</span></h1>
      <p>Board games with a friend or a bot. Every move is safely on disk before anybody sees it.</p>
    </div>
    <${WaitingCard} />
    <${NewGame} onQuick=${search} />
    <div class="beside">
      <section class="card"><${JoinByCode} /></section>
      <${Lobby} />
      <${LeaderboardPanel} />
    </div>
  </div>`;
}
