/** A seat at the table: whose it is and how good they are, whether they are here and to move, the score, the clock. */

import { html, useEffect, useReducer, useRef } from "../../vendor/htm-preact.js";
import { LOW, format, inWords, isRunning, remaining } from "../net/clock.js";
import { useApp, useNews } from "./app.js";
import { Check, Pause, Turn, Wifi } from "./icons.js";
import { useRating } from "./rating.js";
import { playerName, ratingChange, seatName } from "./words.js";

export function SeatBar({ seat, match, renderer }) {
  const { session } = useApp();
  useNews(session);
  const { info, view } = match;
  const holder = info.seats[seat];
  const name = (seat === match.seat && session.name) || playerName(info, seat);
  const over = Boolean(view?.result ?? info.result);
  const toMove = info.state === "playing" && (view?.actors ?? []).includes(seat);
  const away = match.away.has(seat);
  const role = seatName(renderer, seat);
  return html`<section class="seat ${toMove ? "to-move" : ""} ${isWinner(match, seat) ? "winner" : ""} ${away ? "away" : ""}" data-testid=${`seat-${seat}`}
    aria-label=${`${name}, ${role}${toMove ? ", to move" : ""}${away ? ", offline" : ""}`}>
    <${renderer.Mark} seat=${seat} />
    <${holder?.player ? "a" : "div"} class="who" href=${holder?.player && `/p/${holder.player}`}>
      <span class="seat-name"><span>${name}</span>${holder?.player && html`<${Rating} match=${match} seat=${seat} />`}</span>
      <span class="seat-note">
        <span class="role">${seat === match.seat ? `You, ${role}` : holder?.bot ? `Bot, ${role}` : role}</span>
        ${!over && html`<${Standing} match=${match} seat=${seat} renderer=${renderer} toMove=${toMove} />`}
        ${isWinner(match, seat) && html`<b class="chip good">Won</b>`}
      </span>
    <//>
    <${Score} match=${match} seat=${seat} />
    ${match.clock && html`<${Clock} seat=${seat} match=${match} />`}
  </section>`;
}

const isWinner = (match, seat) => (match.view?.result ?? match.info.result)?.winners?.includes(seat) ?? false;

/** What a seat is about: away, to move, has chosen, is ready. */
function Standing({ match, seat, renderer, toMove }) {
  const ready = match.info.state === "ready" && match.ready.has(seat);
  const chosen = renderer.simultaneous && match.info.state === "playing" && !toMove && match.chosen.has(seat);
  return html`
    ${match.away.has(seat) && html`<b class="chip bad" data-testid=${`away-${seat}`}><${Wifi} />Offline</b>`}
    ${toMove && html`<b class="chip turn"><${Turn} />${match.view.actors.length > 1 ? "Choosing" : "To move"}</b>`}
    ${chosen && html`<b class="chip good" data-testid=${`chosen-${seat}`}><${Check} />Chosen</b>`}
    ${ready && html`<b class="chip good" data-testid=${`ready-${seat}`}><${Check} />Ready</b>`}
  `;
}

function Rating({ match, seat }) {
  const { rating } = useRating(match.info.seats[seat].player, match.info.game, match.settled);
  const change = ratingChange(match.settled, seat);
  if (change)
    return html`<span class="rating ${change.by < 0 ? "down" : "up"}" data-testid=${`rating-${seat}`} title="Rating, and what this game did to it">${change.text}</span>`;
  if (!rating) return null;
  const title = rating.provisional ? "Rating, provisional: few games so far" : "Rating";
  return html`<span class="rating" data-testid=${`rating-${seat}`} title=${title}>${Math.round(rating.rating)}${rating.provisional ? "?" : ""}</span>`;
}

/** Games won in this match so far; a draw is half a game to each. Only where there was more than one. */
function Score({ match, seat }) {
  if (match.results.size === 0 || match.game < 2) return null;
  let score = 0;
  for (const { kind, winners } of match.results.values())
    score += winners.includes(seat) ? 1 : kind === "draw" ? 0.5 : 0;
  const text = String(score).replace(/^0\.5$/, "½").replace(".5", "½");
  return html`<span class="score" data-testid=${`score-${seat}`} title="Games won in this match" aria-label=${`${score} games won`}>${text}</span>`;
}

const REDRAW = 100; // ms: tenths are shown at the end

function Clock({ seat, match }) {
  const { client, announcer } = useApp();
  const [, redraw] = useReducer((n) => n + 1, 0);
  const warned = useRef(null); // the game in which the warning was given
  const { clock } = match;
  const runs = isRunning(clock, seat) && match.info.state === "playing";
  const left = remaining(runs ? clock : { ...clock, running: [] }, seat, client.now());
  const low = left < LOW;
  const still = runs && clock.now > client.now() + REDRAW; // for the first seconds after a start of the server

  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(redraw, REDRAW);
    return () => clearInterval(timer);
  }, [runs]);
  useEffect(() => {
    if (!runs || !low || seat !== match.seat || warned.current === match.game) return;
    warned.current = match.game;
    announcer.say(`${inWords(Math.round(left / 1000) * 1000)} left on your clock.`);
  }, [runs, low, match.game]);

  return html`<div class="clock ${runs ? "running" : ""} ${low ? "low" : ""} ${still ? "still" : ""}" role="timer" data-testid=${`clock-${seat}`} data-ms=${Math.round(left)}
    title=${still ? "Stands still, so that players can come back" : undefined}
    aria-label=${`${runs ? "Running: " : ""}${inWords(left)}`}>
    ${runs && (still ? html`<${Pause} />` : html`<${Turn} />`)}<span>${format(left)}</span>
  </div>`;
}
