/** A player's page: name, ratings with their course, what the games came to, and the matches with their replays. */

import { html, useEffect } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import * as directory from "../net/directory.js";
import { useApp, useNews } from "./app.js";
import { FailedPage, UnknownPlayer } from "./help.js";
import { PlayerName } from "./playername.js";
import { RecentMatches } from "./recent.js";
import { Sparkline } from "./sparkline.js";
import { signalTurn } from "./title.js";
import { useQuery } from "./usequery.js";

export function ProfilePage({ id }) {
  const { session } = useApp();
  useNews(session);
  const { data, problem, retry } = useQuery(async () => {
    const me = id === "me" ? await session.ensure() : null;
    return directory.profile(me?.id ?? id);
  }, [id]);
  const own = data !== null && data.id === session.player?.id;
  const name = (own && session.name) || data?.name;
  useEffect(() => signalTurn(name ?? "Player", false), [name]);

  if (problem?.status === 404) return html`<${UnknownPlayer} />`;
  if (problem) return html`<${FailedPage} problem=${problem} onRetry=${retry} />`;
  if (!data) return html`<div class="loading" data-testid="loading"><span class="spinner" /> Opening the profile…</div>`;
  return html`<div class="profile" data-testid="profile">
    <header class="profile-head">
      <span class="avatar" aria-hidden="true">${initials(name)}</span>
      <div>
        <h1 data-testid="profile-name">${name}</h1>
        <p class="hint">${own ? "This is you." : "Player"}${data.counts.playing > 0 ? ` ${data.counts.playing} being played now.` : ""}</p>
      </div>
      ${own && html`<div class="rename"><${PlayerName} label="Change your name" /></div>`}
    </header>
    <${Counts} counts=${data.counts} />
    <${Ratings} ratings=${data.ratings} history=${data.history ?? []} />
    <${RecentMatches} player=${data.id} />
  </div>`;
}

const initials = (name) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("")
    .toUpperCase();

function Counts({ counts }) {
  const figures = [
    [counts.won, "won"],
    [counts.drawn, "drawn"],
    [counts.lost, "lost"],
    [counts.matches, counts.matches === 1 ? "match" : "matches"],
  ];
  return html`<dl class="figures" data-testid="counts">
    ${figures.map(([n, what]) => html`<div key=${what}><dt>${what}</dt><dd>${n}</dd></div>`)}
  </dl>`;
}

function Ratings({ ratings, history }) {
  const games = Object.keys(ratings).filter((game) => rendererOf(game));
  return html`<section class="card" aria-label="Ratings" data-testid="ratings">
    <h2>Ratings</h2>
    ${games.length === 0 && html`<p class="hint">No rated games yet. Quick matches are rated, and so are games with the switch “Rated”.</p>`}
    <ul class="ratings">${games.map((game) => {
      const { rating, deviation, games: played, provisional } = ratings[game];
      const renderer = rendererOf(game);
      const course = history.filter((h) => h.game === game).map((h) => h.rating);
      return html`<li key=${game} data-testid=${`rating-${game}`}>
        <${renderer.Mark} seat=${0} />
        <span class="row-what"><b>${renderer.name}</b><small>${played} rated ${played === 1 ? "game" : "games"}</small></span>
        <${Sparkline} values=${course} />
        <${Rating} rating=${rating} deviation=${deviation} provisional=${provisional} />
      </li>`;
    })}</ul>
  </section>`;
}

/** A rating in figures; a question mark, with words for it, where it is still a guess. */
export function Rating({ rating, deviation, provisional }) {
  return html`<span class="rating" title=${`Give or take ${Math.round(2 * deviation)} points`}>
    ${Math.round(rating)}${provisional && html`<span class="guess" aria-hidden="true">?</span><span class="sr-only"> (provisional)</span>`}
  </span>`;
}
