/** The page of an entity: its state, what changed with each version since the page is open, and who holds its lock. */

import { html, useState } from "../vendor/htm-preact.js";
import { retryEntity, signalDialog } from "./actions.js";
import { ofEntity } from "./api.js";
import { useApp, useFollow, useTicking, useWhy } from "./app.js";
import { changes, compare } from "./diff.js";
import { ago, bytes, clockTime, count, duration, exactTime } from "./format.js";
import { Figure, Missing, Target } from "./parts.js";
import { Tree } from "./tree.js";

const KEPT = 50; // versions that a page keeps

/** The versions seen, oldest first: [{entity, at}]. */
function useEntity(name, key) {
  const [state, set] = useState({ versions: [], now: null, problem: null });
  const why = useWhy(ofEntity(name, key), set);
  useFollow(`${name}@${key}`, () => ofEntity(name, key, "/live"), {
    entity: (entity) =>
      set((had) => {
        const last = had.versions.at(-1);
        const changed = !last || JSON.stringify(last.entity.state) !== JSON.stringify(entity.state) || last.entity.exists !== entity.exists;
        return { now: entity, problem: null, versions: changed ? [...had.versions, { entity, at: Date.now() }].slice(-KEPT) : had.versions };
      }),
  }, { down: why });
  return state;
}

export function EntityPage({ name, keyOf }) {
  const { dialogs, definitions, say } = useApp();
  const { versions, now, problem } = useEntity(name, keyOf);
  const [back, setBack] = useState(0); // how many versions before the latest
  useTicking(true);
  if (!now && problem?.status === 404) return html`<${Missing} title="There is no such entity">${problem.message}.<//>`;
  if (!now) return html`<p class="soft loading">${problem?.message ?? "Looking…"}</p>`;
  const at = Math.max(0, versions.length - 1 - back);
  const { entity } = versions[at];
  const before = at > 0 ? (versions[at - 1].entity.state ?? null) : undefined;
  const operations = definitions?.entities.find((e) => e.name.toLowerCase() === name.toLowerCase())?.operations ?? [];
  const step = (by) => setBack(Math.min(versions.length - 1, Math.max(0, back + by)));
  return html`<div class="entity-page" data-testid="entity" data-version=${now.version}>
    <header class="page-head">
      <div class="page-title"><p class="soft crumbs"><a href="/inspector?kind=entity">Entities</a> <span aria-hidden="true">›</span> <a href=${`/inspector?kind=entity&name=${encodeURIComponent(name)}`}>${name}</a></p>
        <h1>${name} ${now.lock && html`<span class="chip lock">locked</span>`}${!now.exists && html`<span class="chip">does not exist</span>`}</h1>
        <code class="id">${keyOf || "(the empty key)"}</code></div>
      <div class="row actions">${now.quarantine && html`<button onClick=${() => dialogs.open(retryEntity(name, keyOf, () => say("It is tried again.")))}>Try again</button>`}<button class="primary" data-testid="do-signal" onClick=${() => dialogs.open(signalDialog(name, keyOf, operations, () => say("The signal is stored.")))}>Signal</button></div>
    </header>
    ${now.quarantine && html`<p class="told bad" role="alert"><b>Set aside.</b> ${now.quarantine}</p>`}
    <dl class="facts">
      <${Figure} name="Version" value=${count(now.version)} testid="version" />
      <${Figure} name="Size" value=${bytes(now.bytes)} />
      ${now.updated > 0 && html`<${Figure} name="Changed" value=${ago(now.updated)} />`}
      <${Figure} name="Waiting messages" value=${count(now.waiting)} />
      ${now.dropped > 0 && html`<${Figure} name="Dropped signals" value=${count(now.dropped)} />`}
      <${Figure} name="Lock" value=${now.lock ? html`<${Target} target=${now.lock.owner} /> <small>for ${duration(Date.now() - now.lock.since)}, since ${clockTime(now.lock.since)}</small>` : "free"} testid="lock" />
    </dl>
    <div class="instance-body">
      <section class="card side state">
        <div class="drawing-bar"><h2>State${back > 0 ? `, ${back} ${back === 1 ? "change" : "changes"} ago` : ""}</h2>
          <span class="drawing-tools"><button class="icon-button" aria-label="The version before" title="The version before" disabled=${at === 0} onClick=${() => step(1)}>‹</button>
            <button class="icon-button" aria-label="The version after" title="The version after" disabled=${back === 0} onClick=${() => step(-1)}>›</button></span></div>
        ${entity.custom && html`<p class="soft">Stored in a format of its own.</p>`}
        <${Tree} value=${entity.exists ? entity.state : null} before=${before} label="State" />
        <p class="marks soft"><span class="mark added"><b aria-hidden="true">+</b> added</span><span class="mark removed"><b aria-hidden="true">−</b> removed</span><span class="mark changed"><b aria-hidden="true">≠</b> changed</span> since the version before</p>
      </section>
      <aside class="sides">${now.queue?.length > 0 && html`<${Queue} list=${now.queue} waiting=${now.waiting} />`}<section class="card side"><h2>Changes</h2><${Changes} versions=${versions} at=${at} onPick=${(i) => setBack(versions.length - 1 - i)} /></section></aside>
    </div>
  </div>`;
}

/** Who waits for the lock, in order. */
const Queue = ({ list, waiting }) => html`<section class="card side"><h2>Waiting for the lock</h2>
  <ol class="waiting-list" data-testid="queue">${list.map((w, i) => html`<li key=${i}>${w.what} ${w.op && html`<code>${w.op}</code>`} <span class="soft">from</span> ${w.from ? html`<${Target} target=${w.from} />` : "outside"}</li>`)}</ol>
  ${waiting > list.length && html`<p class="soft">and ${count(waiting - list.length)} more</p>`}
</section>`;

function Changes({ versions, at, onPick }) {
  if (versions.length < 2) return html`<p class="soft">None since this page was opened. They appear here as they happen.</p>`;
  return html`<ol class="changes" aria-live="polite" data-testid="changes">
    ${versions.map((v, i) => i > 0 && html`<li key=${v.at}><button class="plain" aria-pressed=${i === at} onClick=${() => onPick(i)}>
      <span class="soft">v${v.entity.version} · ${exactTime(v.at)}</span>
      ${changes(compare(versions[i - 1].entity.state ?? null, v.entity.state ?? null), 4).map((line) => html`<code key=${line}>${line}</code>`)}
    </button></li>`).reverse()}
  </ol>`;
}
