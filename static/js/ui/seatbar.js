/** A seat at the table: whose it is, whether it is to move, and its clock. */

import { html, useEffect, useReducer, useRef } from "../../vendor/htm-preact.js";
import { LOW, format, inWords, isRunning, remaining } from "../net/clock.js";
import { useApp, useNews } from "./app.js";
import { Turn } from "./icons.js";
import { playerName } from "./words.js";

export function SeatBar({ seat, match, renderer }) {
  const { session } = useApp();
  useNews(session);
  const { info, view } = match;
  const holder = info.seats[seat];
  const name = (seat === match.seat && session.name) || playerName(info, seat);
  const toMove = info.state === "playing" && (view?.actors ?? []).includes(seat);
  const won = (view?.result ?? info.result)?.winners?.includes(seat);
  return html`<section class="seat ${toMove ? "to-move" : ""} ${won ? "winner" : ""}" data-testid=${`seat-${seat}`}
    aria-label=${`${name}, ${renderer.seats[seat].name}${toMove ? ", to move" : ""}`}>
    <${renderer.Mark} seat=${seat} />
    <div class="who">
      <span class="seat-name">${name}</span>
      <span class="seat-note">
        ${seat === match.seat ? "You" : holder?.bot ? "Bot" : renderer.seats[seat].name}
        ${won ? html`<b class="chip good">Won</b>` : toMove ? html`<b class="chip turn"><${Turn} />To move</b>` : null}
      </span>
    </div>
    ${match.clock && html`<${Clock} seat=${seat} match=${match} />`}
  </section>`;
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

  return html`<div class="clock ${runs ? "running" : ""} ${low ? "low" : ""}" role="timer" data-testid=${`clock-${seat}`} data-ms=${Math.round(left)}
    aria-label=${`${runs ? "Running: " : ""}${inWords(left)}`}>
    ${runs && html`<${Turn} />`}<span>${format(left)}</span>
  </div>`;
}
