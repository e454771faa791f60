/** What asks this player for an answer: are you ready, a draw, a takeback, an opponent who is gone. */

import { html } from "../../vendor/htm-preact.js";
import { useAbsence } from "./absence.js";
import { useApp } from "./app.js";
import { Check, Wifi } from "./icons.js";
import { seconds, useTicking } from "./ticking.js";
import { playerName } from "./words.js";

const READY_WITHIN = 30_000; // ms from the making of the match

/** All that is asked at the moment, the most urgent first. */
export const Prompts = ({ match }) => html`
  ${match.info.state === "ready" && match.seat >= 0 && html`<${ReadyCheck} match=${match} />`}
  ${match.info.state === "playing" && match.seat >= 0 && html`<${Offer} match=${match} what="draw" text="offers a draw" />
    <${Offer} match=${match} what="takeback" text="asks to take a move back" />
    <${Absent} match=${match} />`}
`;

function ReadyCheck({ match }) {
  const { client } = useApp();
  const left = Math.max(0, match.info.created + READY_WITHIN - client.now());
  useTicking(left > 0);
  const said = match.ready.has(match.seat) || match.asking("ready");
  const missing = match.info.seats.flatMap((_, seat) => (match.ready.has(seat) ? [] : [playerName(match.info, seat)]));
  return html`<section class="prompt ready-check" data-testid="ready-check" aria-label="Are you ready?">
    <button class="primary big" data-testid="ready" disabled=${said} onClick=${() => client.act(match, "ready")}>
      <${Check} />${said ? "You are ready" : "I am ready"}
    </button>
    <p data-testid="ready-left"><b class="count">${seconds(left)}</b> seconds left. ${said && missing.length > 0 ? `Waiting for ${missing.join(", ")}.` : "Then the match is called off."}</p>
  </section>`;
}

function Offer({ match, what, text }) {
  const { client } = useApp();
  if (!match.offeredByOthers(what)) return null;
  const who = playerName(match.info, match.offers[what].find((seat) => seat !== match.seat));
  const asked = match.asking(`${what}:accept`) || match.asking(`${what}:decline`);
  return html`<section class="prompt" data-testid=${`offer-${what}`} aria-label="An offer">
    <p><span><b>${who}</b> ${text}.</span></p>
    <div class="row">
      <button class="primary" data-testid=${`${what}-accept`} disabled=${asked} onClick=${() => client.act(match, `${what}:accept`)}>Accept</button>
      <button data-testid=${`${what}-decline`} disabled=${asked} onClick=${() => client.act(match, `${what}:decline`)}>Decline</button>
    </div>
  </section>`;
}

function Absent({ match }) {
  const { client } = useApp();
  const absence = useAbsence(match);
  if (!absence) return null;
  const who = playerName(match.info, absence.seat);
  return html`<section class="prompt warn" data-testid="absent" aria-label="Your opponent is offline">
    <p><${Wifi} /><span><b>${who}</b> is offline${absence.wait > 0 ? html`. You can claim the win in <b class="count" data-testid="grace">${seconds(absence.wait)} s</b>.` : " and keeps you waiting."}</span></p>
    ${absence.wait === 0 && html`<button class="primary" data-testid="claim" disabled=${match.asking("claim")} onClick=${() => client.act(match, "claim")}>Claim the win</button>`}
  </section>`;
}
