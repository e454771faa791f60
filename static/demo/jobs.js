/** What the pages of jobs share: the jobs that a page knows, their streams, and how far they are. */

import { html, useState } from "../vendor/htm-preact.js";
import { ask, pause, reached, Refusal } from "./server.js";

/** The states in which a job stays. */
export const OVER = ["done", "failed", "cancelled"];

export const bytes = (n) => (n < 1024 ? `${n} B` : n < 1024 * 1024 ? `${Math.round(n / 1024)} kB` : `${(n / 1024 / 1024).toFixed(1)} MB`);

const place = (page) => `everturn.demo.${page}`;
const KEPT = 6;

/** Keeps which jobs a page shows: their addresses are what opens them. */
export function remember(page, ids) {
  localStorage.setItem(place(page), JSON.stringify(ids.slice(0, KEPT)));
  return ids.slice(0, KEPT);
}

export const useJobs = (page) => useState(() => JSON.parse(localStorage.getItem(place(page)) ?? "[]"));

/**
 * Follows a job until it is over; the stream is opened again where it is cut, as by a server that dies. Gives a function
 * that ends it.
 */
export function follow(id, show, missing) {
  let stream, stopped;
  const open = () => {
    stream = new EventSource(`/api/jobs/${id}/events`);
    const take = (event) => {
      reached(true);
      show(JSON.parse(event.data));
    };
    stream.addEventListener("progress", take);
    stream.addEventListener("end", (event) => {
      stream.close();
      take(event);
    });
    stream.onerror = async () => {
      stream.close();
      if (stopped) return;
      try { // asks until the server is back; there, the job may be no more
        show(await ask("GET", `/api/jobs/${id}`));
        reached(true);
        await pause(200);
        if (!stopped) open();
      } catch (error) {
        if (error instanceof Refusal) missing();
      }
    };
  };
  open();
  return () => {
    stopped = true;
    stream.close();
  };
}

const WORDS = { ".": "waits", r: "runs", d: "done", D: "done at the second attempt", f: "failed" };
const LEFT = { ...WORDS, ".": "left undone" };
const CLASSES = { ".": "waits", r: "runs", d: "done", D: "again", f: "failed" };

/** The chunks of a job, one square each, that light up. Of one that is over none runs or waits any more. */
export const Cells = ({ job }) => {
  const over = OVER.includes(job.state);
  const words = over ? LEFT : WORDS;
  let cells = job.progress.cells ?? "";
  if (over) cells = cells.replaceAll("r", ".");
  const counts = Object.keys(words).map((k) => [k, cells.split(k).length - 1]).filter(([, n]) => n > 0);
  return html`<div class=${`cells ${cells.length > 300 ? "most" : cells.length > 100 ? "many" : ""}`} role="img" aria-label=${counts.map(([k, n]) => `${n} ${words[k]}`).join(", ")}>
    ${[...cells].map((k, i) => html`<i key=${i} class=${CLASSES[k]}></i>`)}
  </div>`;
};

export const Legend = () => html`<p class="cells-legend">
  ${Object.keys(WORDS).map((k) => html`<span><i class=${CLASSES[k]}></i>${WORDS[k]}</span>`)}
</p>`;
