/** A JSON value as a tree that opens, with what is different from the value before marked by sign, word and colour. */

import { html, useState } from "../vendor/htm-preact.js";
import { compare } from "./diff.js";

const SIGNS = { added: "+", removed: "−", changed: "≠" };
const WORDS = { added: "added", removed: "removed", changed: "changed" };
const SHOWN = 100; // children at first

/** @param {{value: any, before?: any, label: string}} props without `before`, nothing is marked */
export function Tree({ value, before, label }) {
  if (value === undefined || value === null) return html`<p class="soft">Nothing.</p>`;
  return html`<div class="tree" aria-label=${label} role="group" data-testid="tree"><${Node} node=${compare(before, value)} depth=${0} /></div>`;
}

function Node({ node, depth }) {
  const { key, shape, mark } = node;
  const name = key === null ? null : html`<span class="key">${key}</span>`;
  const marked = SIGNS[mark] ? html`<span class="sign" aria-hidden="true">${SIGNS[mark]}</span><span class="sr-only">${WORDS[mark]}: </span>` : null;
  if (shape === "leaf" || (node.children.length === 0 && shape !== "leaf"))
    return html`<div class=${`leaf ${mark}`} data-mark=${mark}>${marked}${name}${mark === "changed" && html`<del><${Value} value=${node.old} /></del><span class="sr-only"> is now </span><span class="to" aria-hidden="true">→</span>`}<${Value} value=${node.value} /></div>`;
  return html`<details class=${`branch ${mark}`} data-mark=${mark} open=${depth < 2 || mark === "within"}>
    <summary>${marked}${name}<span class="soft">${shape === "list" ? `[${node.children.filter((c) => c.mark !== "removed").length}]` : `{${Object.keys(node.value).length}}`}</span>
      ${mark === "changed" && html` <span class="soft">was</span> <del><${Value} value=${node.old} /></del>`}</summary>
    <${Children} list=${node.children} depth=${depth + 1} />
  </details>`;
}

function Children({ list, depth }) {
  const [most, more] = useState(SHOWN);
  return html`<div class="children">
    ${list.slice(0, most).map((c) => html`<${Node} key=${`${c.key}${c.mark === "removed" ? "-" : ""}`} node=${c} depth=${depth} />`)}
    ${list.length > most && html`<button onClick=${() => more(most + 1000)}>${list.length - most} more</button>`}
  </div>`;
}

function Value({ value }) {
  if (typeof value === "string") return html`<span class="value text">${JSON.stringify(value)}</span>`;
  if (value === undefined) return html`<span class="value">nothing</span>`;
  if (value !== null && typeof value === "object") return html`<span class="value">${brief(value)}</span>`;
  return html`<span class="value ${typeof value}">${String(value)}</span>`;
}

const brief = (value) => {
  const words = JSON.stringify(value);
  return words.length > 60 ? `${words.slice(0, 59)}…` : words;
};
