/** Who sits beside the player where a game is for one to several: each further seat is a bot's or open. */

import { html } from "../../vendor/htm-preact.js";
import { Segments } from "./fields.js";

const KINDS = [
  { value: "bot", name: "Bot" },
  { value: "open", name: "Open" },
];

/** The party as remembered, fitted to what the game allows: one word for each further seat. */
export function fitting(party, { minSeats, maxSeats }) {
  const kept = (Array.isArray(party) ? party : ["bot"]).filter((kind) => kind === "bot" || kind === "open");
  while (kept.length < minSeats - 1) kept.push("bot");
  return kept.slice(0, maxSeats - 1);
}

export function Party({ game, party, onChange }) {
  const sizes = Array.from({ length: game.maxSeats - game.minSeats + 1 }, (_, i) => game.minSeats + i);
  const resize = (size) => onChange(Array.from({ length: size - 1 }, (_, i) => party[i] ?? "bot"));
  const put = (i, kind) => onChange(party.map((k, j) => (j === i ? kind : k)));
  return html`<div class="party" data-testid="party">
    <${Segments} legend="Players" name="players" value=${String(party.length + 1)} onChange=${(n) => resize(Number(n))}
      options=${sizes.map((n) => ({ value: String(n), name: String(n) }))} />
    ${party.map(
      (kind, i) => html`<${Segments} key=${i} legend=${`Seat ${i + 2}`} name=${`seat-kind-${i + 2}`} options=${KINDS} value=${kind} onChange=${(k) => put(i, k)} />`,
    )}
  </div>`;
}
