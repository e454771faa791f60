/** What a player can do besides moving: resign, and afterwards play again. */

import { html, useRef } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";
import { Again, Flag } from "./icons.js";
import { CopyButton } from "./share.js";

export function Actions({ match }) {
  const { info, seat } = match;
  if (info.state === "open") return null;
  const over = info.state === "finished";
  return html`<div class="actions">
    ${over && seat >= 0 && html`<${Rematch} match=${match} />`}
    ${over && html`<a class="button" href="/" data-testid="new-game">New game</a>`}
    ${!over && seat >= 0 && html`<${Resign} match=${match} />`}
    <${CopyButton} text=${`${location.origin}/m/${match.id}`} />
  </div>`;
}

function Rematch({ match }) {
  const { client } = useApp();
  const by = match.offers.rematch;
  const asked = by === match.seat || match.asking("rematch");
  const text = asked ? "Rematch offered…" : by === undefined ? "Rematch" : "Accept the rematch";
  return html`<button class="primary" data-testid="rematch" disabled=${asked} onClick=${() => client.act(match, "rematch")}>
    <${Again} />${text}
  </button>`;
}

function Resign({ match }) {
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
      <p>Your opponent wins. This can't be taken back.</p>
      <div class="row end">
        <button autofocus onClick=${() => answer(false)} data-testid="resign-cancel">Keep playing</button>
        <button class="danger" onClick=${() => answer(true)} data-testid="resign-confirm">Resign</button>
      </div>
    </dialog>
  `;
}
