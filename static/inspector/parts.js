/** Small parts that several pages show. */

import { html } from "../vendor/htm-preact.js";
import { entityName } from "./digest.js";
import { targetPage } from "./addresses.js";
import { shortId } from "./format.js";

const SIGNS = { Pending: "…", Running: "▶", Suspended: "❚❚", Completed: "✓", Failed: "✕", Terminated: "■" };

/** A state: by sign, word and colour. */
export const StateChip = ({ state, quarantine }) =>
  quarantine
    ? html`<span class="chip state Quarantined"><i aria-hidden="true">!</i>Quarantined</span>`
    : html`<span class="chip state ${state}"><i aria-hidden="true">${SIGNS[state] ?? "?"}</i>${state}</span>`;

/** A link to what a history calls its target. */
export const Target = ({ target }) =>
  target ? html`<a class="target" href=${targetPage(target)} title=${target}>${target.startsWith("@") ? entityName(target) : shortId(target, 24)}</a>` : null;

/** A figure with its name. */
export const Figure = ({ name, value, unit, testid }) =>
  html`<div class="figure"><dt>${name}</dt><dd data-testid=${testid}>${value}${unit && html`<small> ${unit}</small>`}</dd></div>`;

/** A page for what is not there. */
export const Missing = ({ title, children }) =>
  html`<div class="help" data-testid="missing"><h1>${title}</h1><p>${children}</p><p><a class="button" href="/inspector">All orchestrations</a></p></div>`;

/** The points of an area under a course of values, fitted into a picture; zero is its floor. */
export function area(values, width, height) {
  const top = Math.max(...values, 1e-9);
  const across = width / Math.max(values.length - 1, 1);
  const points = values.map((v, i) => `${(i * across).toFixed(1)} ${(height - 1 - (Math.max(v, 0) / top) * (height - 3)).toFixed(1)}`);
  return { line: `M${points.join("L")}`, fill: `M0 ${height}L${points.join("L")}L${((values.length - 1) * across).toFixed(1)} ${height}Z` };
}

/** A course of figures. A picture only: the figure beside it says where it is now. */
export function Spark({ values, width = 160, height = 40 }) {
  if (values.length < 2) return html`<svg class="spark" viewBox=${`0 0 ${width} ${height}`} aria-hidden="true"></svg>`;
  const { line, fill } = area(values, width, height);
  return html`<svg class="spark" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true"><path class="spark-fill" d=${fill} /><path class="spark-line" d=${line} /></svg>`;
}

/** Tabs: arrows go between them. @param {{tabs: [id, name][], at, onChange, label}} props */
export function Tabs({ tabs, at, onChange, label }) {
  const keys = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = tabs[(tabs.findIndex(([id]) => id === at) + by + tabs.length) % tabs.length][0];
    onChange(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return html`<div class="view-tabs" role="tablist" aria-label=${label} onKeyDown=${keys}>
    ${tabs.map(([id, name]) => html`<button key=${id} id=${`tab-${id}`} role="tab" aria-selected=${id === at} aria-controls="view" tabindex=${id === at ? 0 : -1} data-testid=${`tab-${id}`} onClick=${() => onChange(id)}>${name}</button>`)}
  </div>`;
}
