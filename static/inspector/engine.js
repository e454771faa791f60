/** The page /inspector/engine: what the engine does, by the second, and how it stands. */

import { html } from "../vendor/htm-preact.js";
import { targetPage } from "./addresses.js";
import { useApp, useNews } from "./app.js";
import { bytes, count, duration, exactTime } from "./format.js";
import { Figure, Spark } from "./parts.js";

/** Milliseconds as they matter: two digits. */
const ms = (n) => (n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : count(n));

export function EnginePage() {
  const { link } = useApp();
  useNews(link, "figures");
  useNews(link);
  const { engine: e, samples } = link;
  if (!e) return html`<p class="soft loading">Looking…</p>`;
  const course = (of) => samples.filter((s) => s.rate).map((s) => of(s.rate));
  const rate = e.rate ?? { turns: 0, commits: 0, rows: 0, turnsPerCommit: 0, commitMs: { p50: 0, p99: 0 } };
  return html`<div data-testid="engine" data-boot=${e.boot}>
    <header class="page-head"><div class="page-title"><h1>Engine</h1>
      <p class="soft">Version ${e.version}, durability ${e.durability}, started ${exactTime(e.started)}. The figures are those of the last second, the curves those of two minutes.</p></div></header>
    <div class="tiles">
      <${Tile} name="Boot" value=${link.boot} testid="boot" />
      <${Tile} name="Uptime" value=${duration(e.uptime)} />
      <${Tile} name="Turns" value=${count(rate.turns)} unit="/s" course=${course((r) => r.turns)} />
      <${Tile} name="Commits" value=${count(rate.commits)} unit="/s" course=${course((r) => r.commits)} />
      <${Tile} name="Turns a commit" value=${rate.commits ? rate.turnsPerCommit.toFixed(1) : "–"} course=${course((r) => r.turnsPerCommit)} />
      <${Tile} name="Commit, half within" value=${rate.commits ? ms(rate.commitMs.p50) : "–"} unit="ms" course=${course((r) => r.commitMs.p50)} />
      <${Tile} name="Commit, 99 % within" value=${rate.commits ? ms(rate.commitMs.p99) : "–"} unit="ms" course=${course((r) => r.commitMs.p99)} />
      <${Tile} name="Rows written" value=${count(rate.rows)} unit="/s" course=${course((r) => r.rows)} />
    </div>
    <${Partitions} partitions=${e.partitions} samples=${samples} />
    <div class="panes">
      <${Pane} title="Waiting" of=${[
        ["Timers", count(e.timers)], e.nextTimer && ["Next timer", soon(e.nextTimer - e.now)], ["Mailboxes", count(e.mailbox)], ["Backlog", count(e.backlog)],
        ["Inboxes", count(e.inbox)], ["Outboxes", count(e.outbox)], ["Activities waiting", count(e.workWaiting)], ["Activities running", count(e.workRunning)],
      ]} />
      <${Pane} title="Memory" of=${[
        ["Instances in the cache", count(e.instances)], ["Cache", `${bytes(e.cacheBytes)} of ${bytes(e.cacheBudget)}`], ["Cache hits", hits(e)],
        ["Evicted", count(e.evicted)], ["Process", bytes(e.memory)], ["Goroutines", count(e.goroutines)], ["Watchers", count(e.watchers)],
      ]} />
      <${Pane} title="Database" of=${e.store && [
        ["Commits", count(e.store.commit)], ["Tables", `${e.store.tables}, ${bytes(e.store.tableBytes)}`], ["Log", bytes(e.store.logBytes)], ["Free on disk", bytes(e.store.freeBytes)],
      ]} />
      <${Pane} title="Since the start" of=${[
        ["Turns", count(e.turns)], ["Commits", count(e.commits)], ["Turns a commit", e.turnsPerCommit.toFixed(1)], ["Commit, half / 99 %", `${ms(e.commitMs.p50)} / ${ms(e.commitMs.p99)} ms`],
        ["Refused as busy", count(e.busy)], ["Recoveries", count(e.recoveries)],
      ]} />
    </div>
    <${Aside} e=${e} />
  </div>`;
}

const Tile = ({ name, value, unit, course, testid }) =>
  html`<div class="card tile"><dl><${Figure} name=${name} value=${value} unit=${unit} testid=${testid} /></dl>${course && html`<${Spark} values=${course} />`}</div>`;

const Pane = ({ title, of }) =>
  of && html`<section class="card side"><h2>${title}</h2><dl class="pairs">${of.filter(Boolean).map(([k, v]) => html`<div key=${k}><dt>${k}</dt><dd>${v}</dd></div>`)}</dl></section>`;

const soon = (left) => (left <= 0 ? "due" : `in ${duration(left)}`);
const hits = ({ cacheHits, cacheMisses }) => (cacheHits + cacheMisses ? `${((100 * cacheHits) / (cacheHits + cacheMisses)).toFixed(1)} %` : "–");

/** Each partition as a small picture: all on one scale, so that a busy one is seen. */
function Partitions({ partitions, samples }) {
  const boot = samples.at(-1)?.boot;
  const mine = samples.filter((s) => s.boot === boot).slice(-60);
  const courses = partitions.map((_, p) => mine.slice(1).map((s, i) => Math.max(0, s.partitions[p].turns - mine[i].partitions[p].turns)));
  const top = Math.max(1, ...courses.flat());
  return html`<section class="card side"><h2>Partitions <span class="soft">turns a second, all on one scale up to ${count(top)}</span></h2>
    <ol class="partitions">${partitions.map((p, i) => html`<li key=${i} class=${p.quarantined ? "bad" : ""} title=${`Partition ${i}: ${count(p.turns)} turns, ${p.instances} instances in the cache, ${p.timers} timers${p.quarantined ? `, ${p.quarantined} quarantined` : ""}`}>
      <span class="soft">${i}</span><b>${courses[i].at(-1) ?? 0}</b><${Bars} values=${courses[i].slice(-30)} top=${top} />
      ${p.quarantined > 0 && html`<i>${p.quarantined} set aside</i>`}
    </li>`)}</ol></section>`;
}

const Bars = ({ values, top }) => html`<svg class="bars" viewBox="0 0 60 24" preserveAspectRatio="none" aria-hidden="true">
  ${values.map((v, i) => v > 0 && html`<rect x=${(30 - values.length + i) * 2} y=${24 - Math.max(1.5, (v / top) * 24)} width="1.6" height=${Math.max(1.5, (v / top) * 24)} />`)}
</svg>`;

/** Those that the engine cannot run. */
function Aside({ e }) {
  if (!e.quarantined) return html`<p class="soft quiet-note">Nothing is in quarantine: the engine can run all that it has.</p>`;
  return html`<section class="card side"><h2>${count(e.quarantined)} in quarantine</h2>
    <ul class="aside-list">${(e.aside ?? []).map((a) => html`<li key=${a.id}><a class="target" href=${targetPage(a.id)}>${a.id}</a> <span class="soft">${a.why}</span></li>`)}</ul></section>`;
}
