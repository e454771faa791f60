/** The page of an orchestration: how it stands, and its history as it grows, in four views. */

import { html, useRef, useState } from "../vendor/htm-preact.js";
import { LABELS, DANGEROUS, actions, dialogOf, ended } from "./actions.js";
import { instancePage } from "./addresses.js";
import { ofInstance } from "./api.js";
import { useApp, useAsked, useFollow, useTicking, useWhy } from "./app.js";
import { brief, bytes, duration, exactTime } from "./format.js";
import { Figure, Missing, StateChip, Tabs, Target } from "./parts.js";
import { Tree } from "./tree.js";
import { Views } from "./views.js";

const VIEWS = [["timeline", "Timeline"], ["sequence", "Sequence"], ["graph", "Call graph"], ["history", "History"], ["published", "Published"]];
const KEPT = 20_000; // rows that a page keeps

/** The instance as the server tells it: {status, before, rows, replay, generation, gone, problem}. */
function useInstance(id) {
  const [state, set] = useState({ status: null, rows: [], replay: null, generation: 0, gone: null, problem: null });
  const latest = useRef();
  latest.current = state;
  const why = useWhy(ofInstance(id), set);
  useFollow(id, () => {
    const { generation, rows } = latest.current;
    return ofInstance(id, `/live${rows.length ? `?from=${generation}-${rows.at(-1).n}` : ""}`);
  }, {
    status: (status) => set((had) => ({ ...had, status, before: had.status, gone: null, problem: null })),
    rows: ({ generation, rows }) => set((had) => ({ ...had, generation, rows: (generation === had.generation ? [...had.rows.filter((r) => r.n < rows[0].n), ...rows] : rows).slice(-KEPT) })),
    replay: (replay) => set((had) => ({ ...had, replay })),
    restarted: ({ generation }) => set((had) => ({ ...had, rows: [], replay: null, generation })),
    end: (end) => set((had) => ({ ...had, gone: end ?? {} })),
  }, { down: why });
  return state;
}

export function InstancePage({ id, view }) {
  const { router } = useApp();
  const { status, before, rows, replay, gone, problem, generation } = useInstance(id);
  const [picked, pick] = useState(null);
  if (gone) return html`<${Missing} title="It was purged">The orchestration <code>${id}</code> was erased with all that was stored of it.<//>`;
  if (!status && problem?.status === 404) return html`<${Missing} title="There is no such orchestration">Nothing is known of <code>${id.slice(0, 80)}</code>. It may have been purged, or expired.<//>`;
  if (!status) return html`<p class="soft loading">${problem ? problem.message : "Looking…"}</p>`;
  const at = VIEWS.some(([v]) => v === view) ? view : "timeline";
  const show = (next) => router.navigate(`${instancePage(id)}${next === "timeline" ? "" : `?view=${next}`}`, { replace: true });
  return html`<div class="instance" data-testid="instance" data-state=${status.state} data-rows=${rows.length} data-replayed=${replay?.rows ?? 0}>
    <${Head} status=${status} />
    <${Facts} status=${status} rows=${rows} />
    ${status.quarantine && html`<p class="told bad" role="alert"><b>Set aside.</b> The engine cannot run it: ${status.quarantine}</p>`}
    ${status.failure && html`<${Failed} failure=${status.failure} />`}
    <div class="instance-body">
      <section class="views card">
        <${Tabs} tabs=${VIEWS} at=${at} onChange=${show} label="Views of the history" />
        <div id="view" role="tabpanel" aria-labelledby=${`tab-${at}`}>
          <${Views} view=${at} status=${status} rows=${rows} replay=${replay} generation=${generation} picked=${picked} onPick=${pick} />
        </div>
      </section>
      <aside class="sides">
        <${Picked} row=${picked && rows.find((r) => r.n === picked.n)} id=${id} />
        <${Side} title="Custom status" value=${status.custom} before=${before?.custom ?? undefined} open />
        <${Side} title="Input" value=${status.input} />
        <${Side} title=${status.state === "Terminated" ? "Why it was terminated" : "Output"} value=${status.output} />
      </aside>
    </div>
  </div>`;
}

function Head({ status }) {
  const { dialogs, router, say } = useApp();
  const done = (action) => (answer) => {
    say(`${LABELS[action]}: done.`);
    if (answer?.id && answer.id !== status.id) router.navigate(instancePage(answer.id));
  };
  return html`<header class="page-head">
    <div class="page-title">
      <p class="soft crumbs"><a href="/inspector">Orchestrations</a>${status.parent && html` <span aria-hidden="true">›</span> child of <${Target} target=${status.parent} />`}</p>
      <h1>${status.name || "Unreadable"} <${StateChip} state=${status.state} quarantine=${status.quarantine} /></h1>
      <code class="id" data-testid="instance-id">${status.id}</code>
    </div>
    <div class="row actions">
      ${actions(status).map((action) => html`<button key=${action} class=${DANGEROUS.has(action) ? "dangerous" : ""} data-testid=${`do-${action}`} onClick=${() => dialogs.open(dialogOf(action, status, done(action)))}>${LABELS[action]}</button>`)}
    </div>
  </header>`;
}

function Facts({ status, rows }) {
  const over = ended(status.state);
  useTicking(!over);
  const tags = Object.entries(status.tags ?? {});
  const facts = [
    status.created && [over ? "Took" : "Runs for", duration((over ? status.updated : Date.now()) - status.created)],
    ["Turns", status.turns ?? rows.filter((r) => r.type === "TurnStarted").length],
    ["Rows", rows.at(-1)?.n ?? 0],
    status.generation > 1 && ["Generation", status.generation],
    status.events > 0 && ["Published", status.events],
    status.version && ["Version", status.version],
    status.created && ["Created", exactTime(status.created)],
    status.updated && ["Changed", exactTime(status.updated)],
    status.scheduled > Date.now() && ["Begins", exactTime(status.scheduled)],
    status.expires && ["Kept until", exactTime(status.expires)],
    status.reason && ["Suspended", status.reason],
  ].filter(Boolean);
  return html`<dl class="facts">
    ${facts.map(([name, value]) => html`<${Figure} key=${name} name=${name} value=${value} />`)}
    ${tags.length > 0 && html`<div class="figure tags"><dt>Tags</dt><dd>${tags.map(([k, v]) => html`<a class="chip" key=${k} href=${`/inspector?${new URLSearchParams({ tag: `${k}=${v}` })}`}>${k} ${brief(v, 24)}</a>`)}</dd></div>`}
  </dl>`;
}

const Failed = ({ failure }) => html`<div class="told bad" data-testid="failure">
  <p><b>${failure.type || failure.code || "Failed"}</b> ${failure.message}</p>
  ${failure.cause && html`<p>Because: ${failure.cause.message}</p>`}
  ${failure.stack && html`<details><summary>Stack</summary><pre tabindex="0">${failure.stack}</pre></details>`}
</div>`;

function Side({ title, value, before }) {
  const none = value === null || value === undefined;
  return html`<section class="card side"><h2>${title}</h2>${none ? html`<p class="soft">None.</p>` : html`<${Tree} value=${value} before=${before} label=${title} />`}</section>`;
}

/** The row that was picked, whole. */
function Picked({ row, id }) {
  const [whole] = useAsked(row?.omitted ? ofInstance(id, `/history?after=${row.n - 1}&limit=1`) : null);
  if (!row) return null;
  const full = whole?.rows?.[0]?.n === row.n ? whole.rows[0] : row;
  const { n, type, time, target, input, result, failure, reason, due, uptime, caller, task, name, op } = full;
  const facts = [
    ["When", exactTime(time)], name && ["Name", name], op && ["Operation", op], task && ["Task", task], due && ["Due", exactTime(due)],
    uptime && type === "TimerCreated" && ["Due at uptime", duration(uptime)], caller && ["Caller", caller],
  ].filter(Boolean);
  return html`<section class="card side picked-row" data-testid="picked" data-n=${n}>
    <h2>${n}. ${type}</h2>
    <dl class="pairs">${facts.map(([k, v]) => html`<div key=${k}><dt>${k}</dt><dd>${v}</dd></div>`)}
      ${target && html`<div><dt>With</dt><dd><${Target} target=${target} /></dd></div>`}</dl>
    ${row.omitted && !whole && html`<p class="soft">${bytes(row.omitted)} are being fetched…</p>`}
    ${failure && html`<p class="bad-words">${failure.message}</p>`}
    ${[["Input", input], ["Result", result], ["Reason", reason]].map(([k, v]) => v !== undefined && v !== null && html`<h3>${k}</h3><${Tree} value=${v} label=${k} />`)}
  </section>`;
}
