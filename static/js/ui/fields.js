/** The controls of a form: one of a few, one of many, yes or no. Native ones underneath, so that keys and readers know them. */

import { html } from "../../vendor/htm-preact.js";

/** One of a few, all in sight. @param {{options: {value, name, title?}[]}} props */
export function Segments({ legend, name, options, value, onChange }) {
  return html`<fieldset class="segments">
    <legend>${legend}</legend>
    <div class="segment-row">${options.map(
      (o) => html`<label key=${o.value} title=${o.title}>
      <input type="radio" name=${name} value=${o.value} checked=${o.value === value} data-testid=${`${name}-${o.value}`} onChange=${() => onChange(o.value)} />
      <span>${o.name}</span>
    </label>`,
    )}</div>
  </fieldset>`;
}

/** One of many. */
export function Select({ label, name, options, value, onChange }) {
  return html`<label class="select">
    <span>${label}</span>
    <select name=${name} data-testid=${name} onChange=${(e) => onChange(e.target.value)}>
      ${options.map((o) => html`<option key=${o.value} value=${o.value} selected=${o.value === value}>${o.name}</option>`)}
    </select>
  </label>`;
}

/** Yes or no, with a line that says what it means. */
export function Switch({ label, hint, name, value, onChange }) {
  return html`<label class="switch">
    <span class="switch-words"><b>${label}</b>${hint && html`<small>${hint}</small>`}</span>
    <input type="checkbox" role="switch" name=${name} checked=${value} data-testid=${name} onChange=${(e) => onChange(e.target.checked)} />
  </label>`;
}
