/** The views of a history: timeline, sequence diagram, call graph, table, published events. */

import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor/htm-preact.js";
import { ended } from "./actions.js";
import { ofInstance } from "./api.js";
import { useApp, useAsked, useTicking, useType } from "./app.js";
import { UNSEEN, digest, replayed, rowName } from "./digest.js";
import { brief, count, exactTime } from "./format.js";
import { graph } from "./graph.js";
import { Target } from "./parts.js";
import { MESSAGES, sequence } from "./sequence.js";
import { Drawing } from "./svg.js";
import { TURNS, timeline } from "./timeline.js";
import { VirtualList } from "./virtual.js";

export function Views({ view, ...props }) {
  const View = { timeline: Timeline, sequence: Sequence, graph: Graph, history: History, published: PublishedEvents }[view];
  return html`<${View} ...${props} />`;
}

const BAR = 16; // px that a scroll bar may take

/** The width of an element, as it changes: [ref, px]. */
function useWidth() {
  const ref = useRef();
  const [width, set] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => set(ref.current?.clientWidth ?? 0));
    observer.observe(ref.current);
    set(ref.current.clientWidth);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** What the signs mean, and what replay is. */
function Legend({ replay }) {
  return html`<div class="legend" data-testid="legend">
    <span><i class="sample" aria-hidden="true"></i>recorded as it happened</span>
    <span><i class="sample hollow" aria-hidden="true"></i>replayed</span>
    <p><b>Replay:</b> to bring an orchestration back, its code runs again from the start and is fed what its history says; nothing is done twice.${" "}
      ${replay ? html`<b data-testid="replay-told">The first ${count(replay.rows)} rows were replayed at ${exactTime(replay.at)}.</b>` : "This one has not been replayed since the server started."}</p>
  </div>`;
}

function Timeline({ status, rows, replay, picked, onPick }) {
  const { link } = useApp();
  const [even, setEven] = useState(false);
  const [place, width] = useWidth();
  const type = useType();
  const over = ended(status.state);
  const live = !over && status.state !== "Suspended" && link.up !== false;
  useTicking(live, 250);
  const story = useMemo(() => digest(rows), [rows]);
  const now = link.since ?? Date.now(); // while the server is away, nothing grows
  const drawing = useMemo(() => timeline(story, { now, replay, even, width: ((width - BAR) * 16) / type }), [story, replay, even, width, over ? 0 : now]);
  return html`
    <div ref=${place}></div>
    <${Drawing} drawing=${drawing} label=${`Timeline of ${status.name}`} name=${`timeline-${status.id}`} picked=${picked} onPick=${onPick} live=${live}>
      <div class="segments-small" role="group" aria-label="Scale">
        <button aria-pressed=${!even} onClick=${() => setEven(false)}>Gaps squeezed</button>
        <button aria-pressed=${even} onClick=${() => setEven(true)}>True to time</button>
      </div>
    <//>
    ${story.turns.length > TURNS && html`<p class="soft cut-note">The latest ${TURNS} of ${count(story.turns.length)} turns are drawn.</p>`}
    <${Legend} replay=${replay} />`;
}

function Sequence({ status, rows, replay, picked, onPick }) {
  const drawing = useMemo(() => sequence(rows, { name: status.name, parent: status.parent, replay }), [rows, replay, status.name]);
  return html`
    <${Drawing} drawing=${drawing} label=${`Sequence diagram of ${status.name}`} name=${`sequence-${status.id}`} picked=${picked} onPick=${onPick} />
    ${drawing.hidden > 0 && rows.length > MESSAGES && html`<p class="soft cut-note">The latest ${MESSAGES} messages are drawn.</p>`}
    <${Legend} replay=${replay} />`;
}

function Graph({ status, rows }) {
  // Asked again when there may be more of it, but not with each turn.
  const relations = useMemo(() => rows.filter((r) => r.target && /Created$|Scheduled$|Sent$|Started$/.test(r.type)).length, [rows]);
  const [family, problem] = useAsked(ofInstance(status.id, "/family"), `${relations} ${status.state}`);
  const drawing = useMemo(() => (family ? graph(family, status.id) : null), [family]);
  if (!drawing) return html`<p class="soft loading">${problem?.message ?? "Looking…"}</p>`;
  return html`
    <${Drawing} drawing=${drawing} label=${`Call graph of the family of ${status.name}`} name=${`graph-${status.id}`} />
    ${family.cut && html`<p class="soft cut-note">The family is larger: its first ${family.nodes.length} members are drawn.</p>`}`;
}

function History({ rows, replay, picked, onPick }) {
  const type = useType();
  const [all, setAll] = useState(false);
  const shown = useMemo(() => rows.filter((row) => all || !UNSEEN.has(row.type)), [rows, all]);
  const at = Math.max(0, shown.findIndex((row) => row.n === picked?.n));
  const hollow = (row) => replayed(row, replay);
  const header = html`<div class="list-head" role="row" aria-rowindex="1">${["Kind", "Row", "When", "What", "Name", "With", "Input, result"].map((c) => html`<span role="columnheader">${c === "Kind" ? html`<span class="sr-only">${c}</span>` : c}</span>`)}</div>`;
  return html`
    <div class="drawing-bar"><p class="soft" data-testid="history-count">${count(shown.length)} of ${count(rows.length)} rows</p>
      <button aria-pressed=${all} class="toggle" onClick=${() => setAll(!all)}>Turns, too</button></div>
    <${VirtualList} testid="history" label="History" count=${shown.length} height=${Math.round(type * 2.75)} header=${header} active=${at} onActive=${(i) => onPick(shown[i])} onOpen=${(i) => onPick(shown[i])}
      rowKey=${(i) => shown[i].n} rowClass=${(i) => `history${hollow(shown[i]) ? " hollow" : ""}${shown[i].n === picked?.n ? " chosen" : ""}`}
      row=${(i) => html`<${HistoryRow} row=${shown[i]} hollow=${hollow(shown[i])} />`} />
    <${Legend} replay=${replay} />`;
}

function HistoryRow({ row, hollow }) {
  const body = row.failure ? `✕ ${row.failure.message}` : brief(row.result ?? row.input ?? row.reason, 120) || (row.omitted ? "large" : "");
  return html`
    <span role="gridcell"><i class=${`sample${hollow ? " hollow" : ""}`} aria-hidden="true"></i><span class="sr-only">${hollow ? "replayed" : "recorded"}</span></span>
    <span role="gridcell" class="soft number">${row.n}</span>
    <span role="gridcell" class="time soft">${exactTime(row.time)}</span>
    <b role="gridcell" class="cut">${row.type}</b>
    <span role="gridcell" class="cut">${row.name || row.op || (/^(Timer|Published)/.test(row.type) ? rowName(row) : "")}</span>
    <span role="gridcell" class="cut">${row.target && html`<${Target} target=${row.target} />`}</span>
    <code role="gridcell" class=${`cut${row.failure ? " bad-words" : ""}`}>${body}</code>`;
}

/** What it told those who watch: for a match, its moves. */
function PublishedEvents({ status }) {
  const [after, setAfter] = useState(null);
  const from = after ?? Math.max(0, status.events - 100);
  const [page, problem] = useAsked(status.events > 0 ? ofInstance(status.id, `/published?after=${from}&limit=100`) : null, Math.min(status.events, from + 100));
  if (status.events === 0) return html`<p class="soft loading">It has published nothing.</p>`;
  if (!page) return html`<p class="soft loading">${problem?.message ?? "Looking…"}</p>`;
  return html`
    <div class="drawing-bar"><p class="soft">Events ${from + 1} to ${from + page.events.length} of ${count(status.events)}</p>
      <button disabled=${from === 0} onClick=${() => setAfter(Math.max(0, from - 100))}>Earlier</button>
      <button disabled=${from + 100 >= status.events} onClick=${() => setAfter(from + 200 >= status.events ? null : from + 100)}>Later</button></div>
    <ol class="published" tabindex="0" aria-label="Published events" data-testid="published">
      ${page.events.map((e) => html`<li key=${e.n}><span class="soft number">${e.n}</span><span class="soft time">${e.time ? exactTime(e.time) : ""}</span><code>${brief(e.body, 400)}</code></li>`)}
    </ol>`;
}
