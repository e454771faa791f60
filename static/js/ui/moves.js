/** The moves of the running game. Each listed one is on disk, which is what its tick says; the last may be on its way. */

import { html, useEffect, useRef } from "../../vendor/htm-preact.js";
import { Check } from "./icons.js";

export function Moves({ match, renderer }) {
  const list = useRef();
  const pending = match.pending();
  const count = match.moves.length + pending.length;
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count]);
  return html`<section class="moves-box" aria-label="Moves">
    <ol class="moves" ref=${list} tabindex="0" aria-label="List of moves" data-testid="moves">
      ${match.moves.map(
        ({ seq, seat, move }, i) => html`<li key=${seq} data-testid="move" data-seq=${seq} data-move=${move}>
          <span class="n">${i + 1}</span><${renderer.Mark} seat=${seat} />
          <span class="what">${move === undefined ? "…" : renderer.label(move)}</span>
          <span class="tick" title="Safely on disk"><${Check} /><span class="sr-only">on disk</span></span>
        </li>`,
      )}
      ${pending.map(
        ({ move }, i) => html`<li key=${`p${i}`} class="pending" data-testid="pending-move" data-move=${move}>
          <span class="n">${match.moves.length + i + 1}</span><${renderer.Mark} seat=${match.seat} />
          <span class="what">${renderer.label(move)}</span><span class="tick" title="On its way"><span class="spinner" /></span>
        </li>`,
      )}
      ${count === 0 && html`<li class="none">No moves yet</li>`}
    </ol>
  </section>`;
}
