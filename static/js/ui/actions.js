/** What a player can do besides moving: offer a draw, take back, resign; and afterwards play again or look back. */

import { html, useRef } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";
import { Again, Equal, Film, Flag, Undo } from "./icons.js";
import { CopyButton } from "./share.js";
import { playerName } from "./words.js";

export function Actions({ match, renderer }) {
  const { info, seat } = match;
  if (info.state === "open" || info.state === "ready") return null;
  const over = info.state === "finished";
  const own = match.moves.some((m) => m.seat === seat);
  return html`<div class="actions">
    ${over && seat >= 0 && html`<${Rematch} match=${match} />`}
    ${over && html`<a class="button" href=${`/m/${match.id}/replay`} data-testid="replay"><${Film} />Replay</a>`}
    ${over && html`<a class="button" href="/" data-testid="new-game">New game</a>`}
    ${!over && seat >= 0 && html`
      ${!renderer.coop && html`<${Ask} match=${match} what="draw" act="draw:offer" icon=${Equal} text="Draw" asked="Draw offered" />`}
      ${renderer.takeback && html`<${Ask} match=${match} what="takeback" act="takeback:ask" icon=${Undo} text="Take back" asked="Takeback asked" disabled=${!own} />`}
      <${Resign} match=${match} renderer=${renderer} />
    `}
    <${CopyButton} text=${`${location.origin}/m/${match.id}`} />
  </div>`;
}

/** A button that offers something, and says so while it stands. */
function Ask({ match, what, act, icon, text, asked, disabled = false }) {
  const { client } = useApp();
  const stands = (match.offers[what] ?? []).includes(match.seat) || match.asking(act);
  return html`<button data-testid=${`ask-${what}`} disabled=${stands || disabled || match.offeredByOthers(what)} onClick=${() => client.act(match, act)}>
    <${icon} />${stands ? asked : text}
  </button>`;
}

function Rematch({ match }) {
  const { client } = useApp();
  const asked = (match.offers.rematch ?? []).includes(match.seat) || match.asking("rematch");
  const missing = match.info.seats.flatMap((s, seat) =>
    s.bot || seat === match.seat || match.offers.rematch?.includes(seat) ? [] : [playerName(match.info, seat)],
  );
  const text = asked ? "Rematch offered" : match.offeredByOthers("rematch") ? "Accept the rematch" : "Rematch";
  return html`<button class="primary" data-testid="rematch" disabled=${asked} title=${asked ? `Waiting for ${missing.join(", ")}` : undefined}
    onClick=${() => client.act(match, "rematch")}>
    ${asked ? html`<span class="spinner" />` : html`<${Again} />`}${text}
  </button>`;
}

function Resign({ match, renderer }) {
  const { client } = useApp();
  const dialog = useRef();
  const answer = (yes) => {
    dialog.current.close();
    if (yes) client.act(match, "resign");
  };
  return html`
    <button data-testid="resign" disabled=${match.asking("resign")} onClick=${() => dialog.current.showModal()}><${Flag} />Resign</button>
    <dialog ref=${dialog} aria-labelledby="resign-title" data-testid="resign-dialog">
      <h2 id="resign-title">Resign this game?</h2>
      <p>${renderer.coop ? "The game is lost for all of you." : "Your opponent wins."} This can't be taken back.</p>
      <div class="row end">
        <button autofocus onClick=${() => answer(false)} data-testid="resign-cancel">Keep playing</button>
        <button class="danger" onClick=${() => answer(true)} data-testid="resign-confirm">Resign</button>
      </div>
    </dialog>
  `;
}
