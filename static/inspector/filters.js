/** What narrows the list: a search, and chips and selects that are in the address. */

import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { SINCE, STATES } from "./addresses.js";
import { useApp } from "./app.js";

const PAUSE = 200; // ms without a key before the search is asked for
const SORTS = [["", "Newest first"], ["id", "By id"]];

export function Filters({ filters, narrow }) {
  const { definitions } = useApp();
  const entities = filters.kind === "entity";
  const names = (entities ? definitions?.entities : definitions?.orchestrations)?.map((d) => d.name) ?? [];
  const [open, setOpen] = useState(false); // on small screens
  const set = [filters.name, filters.since, filters.error, filters.sort, filters.quarantined, filters.locked, ...filters.states].filter(Boolean).length;
  const toggle = (state) => narrow({ states: STATES.filter((s) => (s === state) !== filters.states.includes(s)) });
  return html`<section class=${`filters${open ? " open" : ""}`} aria-label="Filters">
    <${Search} id="search" label="Search" hint=${entities ? "Key begins with…   /" : "Id begins with…   /"} value=${filters.prefix} onChange=${(prefix) => narrow({ prefix })} />
    <button class="filters-more toggle" aria-expanded=${open} onClick=${() => setOpen(!open)}>Filters${set ? ` (${set})` : ""}</button>
    <${Choice} label="Name" value=${filters.name} testid="filter-name" onChange=${(name) => narrow({ name })} options=${[["", "Any name"], ...names.map((n) => [n, n])]} />
    <${Choice} label=${entities ? "Changed" : "Created"} value=${filters.since} testid="filter-since" onChange=${(since) => narrow({ since })} options=${SINCE.map((s) => [s.value, s.name])} />
    <${Choice} label="Order" value=${filters.sort} testid="filter-sort" onChange=${(sort) => narrow({ sort })} options=${SORTS} />
    ${!entities && html`<${Search} id="error" label="Error" hint="Error says…" value=${filters.error} onChange=${(error) => narrow({ error })} />`}
    <div class="states" role="group" aria-label="State">
      ${!entities && STATES.map((state) => html`<button key=${state} class=${`toggle state-${state}`} aria-pressed=${filters.states.includes(state)} data-testid=${`state-${state}`} onClick=${() => toggle(state)}><i class="state-mark ${state}" aria-hidden="true"></i>${state}</button>`)}
      ${entities && html`<button class="toggle" aria-pressed=${filters.locked} data-testid="filter-locked" onClick=${() => narrow({ locked: !filters.locked })}>Locked</button>`}
      <button class="toggle" aria-pressed=${filters.quarantined} onClick=${() => narrow({ quarantined: !filters.quarantined })} title="Set aside by the engine, which cannot run them">Quarantined</button>
      ${filters.tag && html`<button class="toggle" aria-pressed="true" onClick=${() => narrow({ tag: "" })}>${filters.tag} ✕</button>`}
    </div>
  </section>`;
}

function Search({ id, label, hint, value, onChange }) {
  const [text, setText] = useState(value);
  const timer = useRef();
  useEffect(() => setText(value), [value]);
  const typed = (e) => {
    setText(e.target.value);
    clearTimeout(timer.current);
    const wanted = e.target.value.trim();
    timer.current = setTimeout(() => onChange(wanted), PAUSE);
  };
  return html`<label class=${`search ${id}`}><span class="sr-only">${label}</span>
    <input id=${id} type="search" value=${text} onInput=${typed} placeholder=${hint} spellcheck=${false} autocomplete="off" data-testid=${id} />
  </label>`;
}

function Choice({ label, value, options, onChange, testid }) {
  return html`<label class="choice"><span class="sr-only">${label}</span>
    <select data-testid=${testid} onChange=${(e) => onChange(e.target.value)}>${options.map(([v, words]) => html`<option key=${v} value=${v} selected=${v === value}>${words}</option>`)}</select>
  </label>`;
}
