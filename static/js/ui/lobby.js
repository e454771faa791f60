/** Matches that wait for an opponent, and matches that can be watched; kept fresh while somebody looks. */

import { html, useEffect, useState } from "../../vendor/htm-preact.js";
import { renderer as rendererOf } from "../../games/index.js";
import { listMatches } from "../net/directory.js";
import { useApp, useNews } from "./app.js";
import { Eye } from "./icons.js";
import { pace } from "./paces.js";
import { listed, playerName } from "./words.js";

const REFRESH = 5_000; // ms
const SHOWN = 6; // of each kind

export function Lobby() {
  const { session } = useApp();
  useNews(session);
  const lists = useListings();
  if (!lists)
    return html`<section class="card lobby"><h2>Open matches</h2><p class="hint"><span class="spinner" /> Looking…</p></section>`;
  const me = session.player?.id;
  return html`
    <section class="card lobby" aria-label="Open matches" data-testid="open-matches">
      <h2>Open matches</h2>
      ${
        lists.open.length === 0
          ? html`<p class="hint">Nobody is waiting right now. Open a match to all, and it is listed here.</p>`
          : html`<ul>${lists.open.map((m) => html`<${Row} key=${m.id} match=${m} mine=${isIn(m, me)} />`)}</ul>`
      }
    </section>
    ${
      lists.playing.length > 0 &&
      html`<section class="card lobby" aria-label="Being played now" data-testid="live-matches">
      <h2>Being played now</h2>
      <ul>${lists.playing.map((m) => html`<${Row} key=${m.id} match=${m} mine=${isIn(m, me)} />`)}</ul>
    </section>`
    }
  `;
}

const isIn = (match, player) => player !== undefined && match.seats.some((s) => s.player === player);

function Row({ match, mine }) {
  const renderer = rendererOf(match.game);
  const names = match.seats.flatMap((s, seat) => (s.player || s.bot ? [playerName(match, seat)] : []));
  const who = match.state === "open" || renderer.coop ? listed(names) : names.join(" against ");
  const watch = match.state === "playing" && !mine;
  return html`<li>
    <${renderer.Mark} seat=${0} />
    <span class="row-what"><b>${who}</b><small>${renderer.name}${match.clock ? `, ${pace(match.clock)}` : ""}</small></span>
    <a class="button small" href=${watch ? `/m/${match.id}?watch` : `/m/${match.id}`} data-testid=${watch ? "watch" : mine ? "go-on" : "join-open"}
      aria-label=${`${watch ? "Watch" : mine ? "Go on with" : "Join"}: ${who}, ${renderer.name}`}>
      ${watch ? html`<${Eye} />Watch` : mine ? "Go on" : "Join"}
    </a>
  </li>`;
}

const list = (state) => listMatches({ state, limit: SHOWN }).then((page) => page.matches);

/** {open, playing}, or null before the first answer. While the server is away the last lists stay. */
function useListings() {
  const [lists, setLists] = useState(null);
  useEffect(() => {
    let gone = false;
    let timer;
    const look = async () => {
      clearTimeout(timer);
      if (!document.hidden) {
        try {
          const [open, playing] = await Promise.all([list("open"), list("playing")]);
          const drawable = (m) => rendererOf(m.game) !== undefined;
          if (!gone) setLists({ open: open.filter(drawable), playing: playing.filter(drawable) });
        } catch {
          if (!gone) setLists((last) => last ?? { open: [], playing: [] });
        }
      }
      if (!gone) timer = setTimeout(look, REFRESH);
    };
    look();
    const onVisible = () => document.hidden || look();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, []);
  return lists;
}
