/**
 * The page /demo/job: work that takes its time, over HTTP. It begins a job, watches it by the stream of its events, and
 * shows each request that it makes. Its jobs are known by their addresses, which are kept here only.
 */

import { html, render, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { ask, pause, reached, Refusal, Said, Top, useAway } from "./server.js";
import { bytes, Cells, follow, OVER, remember, useJobs } from "./jobs.js";

const MOST = 100 * 1024 * 1024;

const Log = ({ lines }) => html`<section class="panel card wire">
  <h2>On the wire</h2>
  <ol aria-live="off">
    ${lines.map((l) => html`<li key=${l.n} class=${l.status >= 400 || !l.status ? "bad" : ""}><code>${l.what}</code><span>${l.answer}</span></li>`)}
  </ol>
  ${!lines.length && html`<p class="soft">Each request and its answer, once there are any.</p>`}
</section>`;

/** What the browser itself makes of a file, to compare with. */
async function ownDigest(file) {
  if (!crypto.subtle) return null; // on plain HTTP from elsewhere there is none
  const sum = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** Uploads a file; while the server is away, again from the beginning: half an upload is none. */
async function upload(id, file, note) {
  for (let wait = 250; ; wait = Math.min(wait * 2, 2000)) {
    try {
      const answer = await fetch(`/api/jobs/${id}/input`, { method: "PUT", body: file });
      note(`PUT /api/jobs/${id.slice(0, 6)}…/input, ${bytes(file.size)}`, answer.status);
      if (answer.ok) return;
      const { detail } = await answer.json();
      if (answer.status < 500) {
        // An earlier attempt may have got through, and its answer not.
        if (answer.status === 409 && (await ask("GET", `/api/jobs/${id}`)).state !== "waiting") return;
        throw new Refusal(detail);
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
      reached(false);
    }
    await pause(wait);
  }
}

const Result = ({ job, own, note }) => {
  const [result, set] = useState(null);
  useEffect(() => {
    if (job.state !== "done") return;
    ask("GET", `/api/jobs/${job.id}/result`).then((r) => {
      note(`GET /api/jobs/${job.id.slice(0, 6)}…/result`, 200);
      set(r);
    }, () => set(null));
  }, [job.state]);
  if (!result) return null;
  return html`<div class="result">
    <p>SHA-256 of ${bytes(result.bytes)}, in ${result.steps} steps:</p>
    <code class="digest">${result.sha256}</code>
    ${own && html`<p class=${own === result.sha256 ? "match" : "why"}>${own === result.sha256 ? "✓ Your browser computes the same" : "✕ Your browser computes another"}.</p>`}
  </div>`;
};

const One = ({ id, own, note, say, forget }) => {
  const [job, set] = useState(null);
  const seen = useRef(false);
  useEffect(() => follow(id, (j) => {
    if (!seen.current) note(`GET /api/jobs/${id.slice(0, 6)}…/events`, 200);
    seen.current = true;
    set(j);
  }, () => forget(id)), [id]);
  if (!job) return null;
  const p = job.progress;
  const cancel = async () => {
    try {
      set(await ask("DELETE", `/api/jobs/${id}`));
      note(`DELETE /api/jobs/${id.slice(0, 6)}…`, 200);
    } catch (error) {
      say(error.message);
    }
  };
  return html`<li class="job" data-state=${job.state}>
    <div class="what">
      <strong>${job.kind}</strong>
      <span class=${`state ${job.state}`}>${job.state}</span>
      <code>${id.slice(0, 8)}</code>
      ${OVER.includes(job.state)
        ? html`<button class="quiet" onClick=${() => forget(id)} aria-label=${`Close job ${id.slice(0, 8)}`}>Close</button>`
        : html`<button class="quiet" onClick=${cancel}>Cancel</button>`}
    </div>
    ${p.total > 0 && html`<progress max=${p.total} value=${p.done} aria-label=${`Progress of job ${id.slice(0, 8)}`}></progress>
      <p class="soft numbers" aria-live="off">${p.done} of ${p.total} ${p.unit}${p.bytes ? `, ${bytes(p.bytes)}` : ""}${p.step && !OVER.includes(job.state) ? ` · ${p.step}` : ""}</p>
      <${Cells} job=${job} />`}
    ${!p.total && !OVER.includes(job.state) && html`<p class="soft">${p.step || "starting"}…</p>`}
    ${job.why && html`<p class="why">${job.why}.</p>`}
    <${Result} job=${job} own=${own} note=${note} />
  </li>`;
};

const App = () => {
  const gone = useAway();
  const [said, say] = useState("");
  const [jobs, setJobs] = useJobs("job");
  const [lines, setLines] = useState([]);
  const [own, setOwn] = useState({});
  const [size, setSize] = useState(4);
  const [pace, setPace] = useState(300);
  const file = useRef();
  const note = (what, status) => setLines((l) => [{ n: (l[0]?.n ?? 0) + 1, what, status, answer: status || "no answer" }, ...l].slice(0, 12));
  const begin = async (input) => {
    const job = await ask("POST", "/api/jobs", { kind: "digest", input: { pace, ...input } }, crypto.randomUUID());
    note(`POST /api/jobs {"kind":"digest",…}`, `202, Location: /api/jobs/${job.id.slice(0, 6)}…`);
    setJobs((all) => remember("job", [job.id, ...all]));
    return job.id;
  };
  const make = () => begin({ size: size * 1024 * 1024, seed: Math.floor(Math.random() * 1e9) }).catch((e) => say(e.message));
  const send = async () => {
    const picked = file.current.files[0];
    try {
      if (!picked) throw new Refusal("Choose a file first");
      if (picked.size > MOST) throw new Refusal(`A file may have 100 MB, and this one has ${bytes(picked.size)}`);
      const id = await begin({});
      ownDigest(picked).then((sum) => setOwn((all) => ({ ...all, [id]: sum })));
      await upload(id, picked, note);
    } catch (error) {
      say(error.message);
    }
  };
  return html`
    <${Top} />
    <main>
      <h1>A job that takes its time</h1>
      <p class="lead">
        The server answers at once with <b>202</b> and an address; the work goes on behind it, step by step.${" "}
        <b>Kill the server at any moment</b>: when it is back, the job goes on behind the last step that it finished.
      </p>
      <${Said} gone=${gone} said=${said} say=${say} meanwhile="Jobs go on where they were as soon as it is back." />
      <div class="switches card">
        <label>Each step takes <select value=${pace} onChange=${(e) => setPace(+e.target.value)}>
          ${Object.entries({ 0: "no time", 300: "0.3 s", 1000: "a second", 2000: "two seconds" }).map(([ms, text]) => html`<option value=${ms}>${text}</option>`)}
        </select></label>
        <label>Text of <select value=${size} onChange=${(e) => setSize(+e.target.value)}>
          ${[4, 16, 100].map((n) => html`<option value=${n}>${n} MB</option>`)}
        </select></label>
        <button class="primary" onClick=${make}>Start a job</button>
        <label class="file">Or a file <input type="file" ref=${file} /></label>
        <button onClick=${send}>Upload it</button>
      </div>
      <div class="floor jobs-floor">
        <section class="panel card">
          <h2>Your jobs</h2>
          ${jobs.length
            ? html`<ul class="jobs">${jobs.map((id) => html`<${One} key=${id} id=${id} own=${own[id]} note=${note} say=${say}
                forget=${(gone) => setJobs((all) => remember("job", all.filter((x) => x !== gone)))} />`)}</ul>`
            : html`<p class="soft">None yet. Start one; this page may be closed and opened again meanwhile.</p>`}
        </section>
        <${Log} lines=${lines} />
      </div>
    </main>
  `;
};

render(html`<${App} />`, document.getElementById("app"));
