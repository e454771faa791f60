/**
 * The page /demo/fanout: much data, cut into chunks that are done side by side. It shows the chunks as they light up, how
 * fast they go, and what comes out, with what has failed.
 */

import { html, render, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { ask, Said, Top, useAway } from "./server.js";
import { bytes, Cells, follow, Legend, OVER, remember, useJobs } from "./jobs.js";

const FAIL = { "": "No chunk fails", once: "Every seventh chunk fails once", always: "Every seventh chunk fails for good" };

const number = (n) => n.toLocaleString("en");

const Fact = ({ name, children }) => html`<div><dt>${name}</dt><dd>${children}</dd></div>`;

/** How fast it went since the last look but some, in what the job counts. */
function useSpeed(job) {
  const looks = useRef([]);
  const now = performance.now();
  const p = job.progress;
  const last = looks.current.at(-1);
  if (!last || last.done !== p.done) looks.current = [...looks.current.filter((l) => now - l.at < 3000), { at: now, done: p.done, bytes: p.bytes ?? 0 }];
  const first = looks.current[0];
  const seconds = (now - first.at) / 1000;
  if (OVER.includes(job.state) || seconds < 0.3) return null;
  return p.bytes ? `${bytes((p.bytes - first.bytes) / seconds)}/s` : `${number(Math.round((p.done - first.done) / seconds))} chunks/s`;
}

const Failures = ({ failures, bad = [] }) =>
  (failures.length > 0 || bad.length > 0) &&
  html`<div class="failures">
    <h3>What failed</h3>
    <ul>
      ${failures.map((f) => html`<li key=${f.chunk}>Chunk ${f.chunk + 1}: ${f.why}</li>`)}
      ${bad.map((b, i) => html`<li key=${`m${i}`}>${b.match ? html`<a href=${`/m/${b.match}`}>Match ${b.match.slice(0, 8)}</a>` : "A private match"}: ${b.why}</li>`)}
    </ul>
  </div>`;

const Words = ({ r }) => html`
  <dl class="facts">
    <${Fact} name="words">${number(r.words)}<//>
    <${Fact} name="different ones">${number(r.distinct)}<//>
    <${Fact} name="chunks counted">${number(r.counted)} of ${number(r.chunks)}<//>
    <${Fact} name="at the second attempt">${number(r.retried)}<//>
    <${Fact} name="in">${(r.millis / 1000).toFixed(1)} s<//>
  </dl>
  ${r.failures.length > 0 && html`<p class="why">Without the words of ${r.failures.length} chunks.</p>`}
  <ol class="top-words" aria-label="The most frequent words">
    ${r.top.slice(0, 20).map((w) => html`<li key=${w.word}>
      <span>${w.word}</span><b>${number(w.count)}</b><i style=${{ width: `${(100 * w.count) / r.top[0].count}%` }}></i>
    </li>`)}
  </ol>
  <${Failures} failures=${r.failures} />
`;

const Archive = ({ r }) => html`
  <dl class="facts">
    <${Fact} name="matches">${number(r.matches)}<//>
    <${Fact} name="games">${number(r.games)}<//>
    <${Fact} name="moves">${number(r.moves)}<//>
    <${Fact} name="cannot be played again">${number(r.bad)}<//>
    <${Fact} name="at the second attempt">${number(r.retried)}<//>
    <${Fact} name="in">${(r.millis / 1000).toFixed(1)} s<//>
  </dl>
  <p class=${r.bad || r.failures.length ? "why" : "match"}>
    ${r.bad || r.failures.length ? "Not everything could be verified." : r.matches ? "✓ Every match leads where its events say." : "Nobody has finished a match yet."}
  </p>
  <${Failures} failures=${r.failures} bad=${r.badMatches} />
`;

const Shown = ({ id, say, forget }) => {
  const [job, set] = useState(null);
  const [result, setResult] = useState(null);
  useEffect(() => follow(id, set, forget), []);
  useEffect(() => {
    if (job?.state === "done") ask("GET", `/api/jobs/${id}/result`).then(setResult, (e) => say(e.message));
  }, [job?.state]);
  if (!job) return html`<section class="panel card"><p class="soft">Looking for the job…</p></section>`;
  return html`<${Running} job=${job} result=${result} cancel=${() => ask("DELETE", `/api/jobs/${id}`).then(set, (e) => say(e.message))} />`;
};

const Running = ({ job, result, cancel }) => {
  const p = job.progress;
  const speed = useSpeed(job);
  return html`
    <section class="panel card grid-panel" data-state=${job.state}>
      <div class="what">
        <h2>${job.kind === "wordcount" ? "Counting words" : "Verifying the archive"}</h2>
        <span class=${`state ${job.state}`}>${job.state}</span>
        ${!OVER.includes(job.state) && html`<button class="quiet" onClick=${cancel}>Cancel</button>`}
      </div>
      <progress max=${p.total || 1} value=${p.done} aria-label="Progress"></progress>
      <p class="numbers"><b>${number(p.done)}</b> of ${number(p.total)} ${p.unit ?? "chunks"}${p.bytes ? ` · ${bytes(p.bytes)}` : ""}${speed ? ` · ${speed}` : ""}${!OVER.includes(job.state) && p.step ? ` · ${p.step}` : ""}</p>
      <${Cells} job=${job} />
      <${Legend} />
      ${job.why && html`<p class="why">${job.why}.</p>`}
    </section>
    <section class="panel card outcome" aria-live="polite">
      <h2>What came of it</h2>
      ${result
        ? job.kind === "wordcount" ? html`<${Words} r=${result} />` : html`<${Archive} r=${result} />`
        : html`<p class="soft">${job.state === "cancelled" ? "It was called off, and nothing of it is left." : "It is told when all chunks are in."}</p>`}
    </section>
  `;
};

const App = () => {
  const gone = useAway();
  const [said, say] = useState("");
  const [[id], setJobs] = useJobs("fanout");
  const [input, setInput] = useState({ size: 8, parallel: 8, pace: 200, fail: "" });
  const change = (name, number) => (e) => setInput({ ...input, [name]: number ? +e.target.value : e.target.value });
  const begin = async (kind) => {
    const { size, ...rest } = input;
    try {
      const body = kind === "wordcount" ? { ...rest, size: size * 1024 * 1024, seed: Math.floor(Math.random() * 1e9) } : rest;
      const job = await ask("POST", "/api/jobs", { kind, input: body }, crypto.randomUUID());
      setJobs(remember("fanout", [job.id]));
      say("");
    } catch (error) {
      say(error.message);
    }
  };
  return html`
    <${Top} />
    <main>
      <h1>Much data, in chunks, each once</h1>
      <p class="lead">
        The text is cut into chunks, also in the middle of words; they are counted side by side and put together again.${" "}
        <b>Kill the server half way</b>: what is lit stays lit, the others go on, and the count is exact.
      </p>
      <${Said} gone=${gone} said=${said} say=${say} meanwhile="The chunks go on as soon as it is back." />
      <div class="switches card">
        <label>Text of <select value=${input.size} onChange=${change("size", true)}>
          ${[8, 32, 100].map((n) => html`<option value=${n}>${n} MB</option>`)}
        </select></label>
        <label>At a time <select value=${input.parallel} onChange=${change("parallel", true)}>
          ${[1, 4, 8, 16].map((n) => html`<option value=${n}>${n} chunks</option>`)}
        </select></label>
        <label>Each takes <select value=${input.pace} onChange=${change("pace", true)}>
          ${Object.entries({ 0: "no time", 200: "0.2 s longer", 1000: "1 s longer" }).map(([ms, text]) => html`<option value=${ms}>${text}</option>`)}
        </select></label>
        <label>Trouble <select value=${input.fail} onChange=${change("fail", false)}>
          ${Object.entries(FAIL).map(([mode, text]) => html`<option value=${mode}>${text}</option>`)}
        </select></label>
        <button class="primary" onClick=${() => begin("wordcount")}>Count words</button>
        <button onClick=${() => begin("verify-archive")}>Verify the archive</button>
      </div>
      <div class="floor jobs-floor">
        ${id
          ? html`<${Shown} key=${id} id=${id} say=${say} forget=${() => setJobs(remember("fanout", []))} />`
          : html`<section class="panel card"><p class="soft">Nothing runs. Count the words of a text that is made up as it goes, or play every finished match of this server again.</p></section>`}
      </div>
    </main>
  `;
};

render(html`<${App} />`, document.getElementById("app"));
