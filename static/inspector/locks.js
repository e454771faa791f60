/** The page /inspector/locks: which entities are held by whom, since when, and how much waits for them. */

import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { entityPage } from "./addresses.js";
import { get } from "./api.js";
import { useApp, useNews, useTicking } from "./app.js";
import { clockTime, count, duration } from "./format.js";
import { Target } from "./parts.js";

const REST = 20; // how much longer it rests than it looks
const MOST = 1000; // locks that are looked at: whoever has more has another problem

/** The locks, looked at again when the engine has turned; with `all` also those that nobody waits for. */
function useLocks(all) {
  const { link } = useApp();
  useNews(link, "figures");
  const [state, set] = useState({ locks: null, more: false, problem: null });
  const busy = useRef(null); // what is being looked at
  const turns = link.engine?.turns;
  useEffect(() => {
    if (busy.current === all) return;
    busy.current = all;
    const began = performance.now();
    // To look through all entities takes as long as there are many: most of the time, nobody looks.
    const rest = () => setTimeout(() => busy.current === all && (busy.current = null), (performance.now() - began) * REST);
    look(all).then(set, (problem) => set((had) => ({ ...had, problem }))).finally(rest);
  }, [turns, all]);
  return state;
}

async function look(all) {
  const locks = [];
  let cursor = "";
  do {
    const q = new URLSearchParams({ ...(all && { all: "true" }), ...(cursor && { cursor }) });
    const page = await get(`/locks?${q}`);
    locks.push(...page.locks);
    cursor = page.cursor;
  } while (cursor && locks.length < MOST);
  return { locks: locks.sort((a, b) => a.since - b.since), more: !!cursor, problem: null };
}

export function LocksPage() {
  const [all, setAll] = useState(true);
  const { locks, more, problem } = useLocks(all);
  useTicking(true);
  return html`<div data-testid="locks">
    <header class="page-head">
      <div class="page-title"><h1>Locks</h1><p class="soft">Entities that are in somebody's critical section, those held longest first. A lock is released by the very commit that ends its holder, however it ends.</p></div>
      <button class="toggle" aria-pressed=${!all} onClick=${() => setAll(!all)}>Only if somebody waits</button>
    </header>
    ${problem && html`<p class="told bad" role="alert">${problem.message}</p>`}
    ${locks === null ? html`<p class="soft loading">${problem ? "" : "Looking…"}</p>` : locks.length === 0 ? html`<p class="card nothing" data-testid="no-locks">${all ? "Nothing is locked now." : "Nobody waits for a lock now."}</p>` : html`<${Table} locks=${locks} />`}
    ${more && html`<p class="soft">There are more than ${count(MOST)}.</p>`}
  </div>`;
}

const Table = ({ locks }) => html`<div class="card table-scroll" tabindex="0" role="group" aria-label="Locks">
  <table><thead><tr><th>Entity</th><th>Held by</th><th>For</th><th>Since</th><th>Waiting</th></tr></thead>
    <tbody>${locks.map((l) => html`<tr key=${`${l.name}@${l.key}`}>
      <td><a class="target" href=${entityPage(l.name, l.key)}>${l.name} ${l.key}</a></td>
      <td><${Target} target=${l.owner} /></td>
      <td class="number">${duration(Date.now() - l.since)}</td><td class="soft">${clockTime(l.since)}</td><td class="number">${count(l.waiting)}</td>
    </tr>`)}</tbody></table>
</div>`;
