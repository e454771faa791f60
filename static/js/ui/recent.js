/** A player's matches, newest first, a page at a time. */

import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import { listMatches } from "../net/directory.js";
import { useApp } from "./app.js";
import { Again, Eye, Turn } from "./icons.js";
import { playerName } from "./words.js";

const PAGE = 10;

export function RecentMatches({ player }) {
  const { matches, more, loading } = usePages(player);
  const known = matches?.filter((m) => rendererOf(m.game));
  return html`<section class="card" aria-label="Matches" data-testid="recent">
    <h2>Matches</h2>
    ${known?.length === 0 && html`<p class="hint">Nothing played yet. <a href="/">Play the first one</a>.</p>`}
    <ul class="matches">${known?.map((m) => html`<${Row} key=${m.id} match=${m} player=${player} />`)}</ul>
    ${loading && html`<p class="hint"><span class="spinner" /> Looking…</p>`}
    ${more && !loading && html`<button data-testid="more" onClick=${more}>Show more</button>`}
  </section>`;
}

/** The pages read so far, and the function that reads the next; null where there is none. */
function usePages(player) {
  const { notices } = useApp();
  const [state, setState] = useState({ matches: null, cursor: undefined, loading: true });
  const read = async (cursor) => {
    setState((s) => ({ ...s, loading: true }));
    try {
      const page = await listMatches({ player, limit: PAGE, cursor });
      setState((s) => ({ matches: [...(s.matches ?? []), ...page.matches], cursor: page.cursor, loading: false }));
    } catch (problem) {
      setState((s) => ({ ...s, loading: false }));
      notices.show(problem.message, "bad");
    }
  };
  useEffect(() => {
    read();
  }, [player]);
  const failed = state.matches === null && !state.loading;
  return { ...state, more: failed ? () => read() : state.cursor ? () => read(state.cursor) : null };
}

function Row({ match, player }) {
  const renderer = rendererOf(match.game);
  const mine = match.seats.findIndex((s) => s.player === player);
  const others = match.seats.flatMap((_, seat) => (seat === mine ? [] : [seat]));
  const who = others.length ? others.map((seat) => playerName(match, seat)).join(", ") : "Alone";
  const [tone, word] = outcome(match, mine);
  const over = match.state === "finished";
  const action = over ? "Replay" : match.state === "playing" ? "Look" : "Open";
  const Icon = over ? Again : match.state === "playing" ? Eye : Turn;
  return html`<li data-testid="recent-match">
    <${renderer.Mark} seat=${Math.max(mine, 0)} />
    <span class="row-what"><b>${who}</b>
      <small>${renderer.name}, <time datetime=${new Date(match.created).toISOString()}>${day(match.created)}</time>${match.rated ? ", rated" : ""}</small></span>
    <span class="chip ${tone}">${word}</span>
    ${
      match.state !== "void" &&
      html`<a class="button small" href=${over ? `/m/${match.id}/replay` : `/m/${match.id}`}
      aria-label=${`${action}: ${renderer.name}, ${who}, ${word}`}><${Icon} /><span class="wide-only">${action}</span></a>`
    }
  </li>`;
}

function outcome({ state, result }, seat) {
  if (state === "open" || state === "ready") return ["", "Waiting"];
  if (state === "playing") return ["turn", "Playing"];
  if (state === "void" || !result || result.kind === "void") return ["", "Called off"];
  if (result.kind === "draw") return ["", "Draw"];
  return (result.winners ?? []).includes(seat) ? ["good", "Won"] : ["lost", "Lost"];
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** "14:05" today, else "23 Nov". */
function day(at) {
  const date = new Date(at);
  return date.toDateString() === new Date().toDateString() ? TIME.format(date) : DAY.format(date);
}
