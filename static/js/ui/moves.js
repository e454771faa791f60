/** The moves of the running game. Each listed one is on disk, which is what its tick says; the last may be on its way. */

import { html, useEffect, useRef } from "../../vendor/htm-preact.js";
import { Check, Lock } from "./icons.js";

const ON_DISK = "On disk: this move is stored safely. It was, before anybody was shown it, and survives a crash of the server.";

export function Moves({ match, renderer, shown }) {
  const list = useRef();
  const pending = match.pending();
  const moves = (match.view && renderer.known?.(match.moves, match.view)) ?? match.moves;
  const count = match.moves.length + pending.length;
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count, shown]);
  return html`<ol class="moves" ref=${list} tabindex="0" aria-label="List of moves" data-testid="moves">
    ${moves.map(
      (m, i) => html`<li key=${m.seq} data-testid="move" data-seq=${m.seq} data-move=${m.move}>
        <span class="n">${i + 1}</span><${renderer.Mark} seat=${m.seat} />
        <span class="what"><${MoveText} of=${m} renderer=${renderer} /></span>
        <span class="tick" title=${ON_DISK} data-testid="on-disk"><${Check} /><span class="sr-only">on disk</span></span>
      </li>`,
    )}
    ${pending.map(
      ({ move }, i) => html`<li key=${`p${i}`} class="pending" data-testid="pending-move" data-move=${move}>
        <span class="n">${match.moves.length + i + 1}</span><${renderer.Mark} seat=${match.seat} />
        <span class="what">${renderer.label(move)}</span><span class="tick" title="On its way to the server"><span class="spinner" /></span>
      </li>`,
    )}
    ${count === 0 && html`<li class="none">No moves yet</li>`}
  </ol>`;
}

/** A move in a list: in words, or why there are none. */
export function MoveText({ of, renderer }) {
  if (of.lapsed) return html`<i>Out of time</i>`;
  if (of.move === undefined) return html`<span class="hidden-move"><${Lock} />Hidden</span>`;
  return renderer.label(of.move);
}
