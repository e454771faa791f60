/** A text of the workshop: what the server has rendered, with its commands as something to press. */

import { Check, Copy, Turn } from "../js/ui/icons.js";
import { html, useMemo, useState } from "../vendor/htm-preact.js";
import { commands, requestOf } from "./shell.js";

/** Asks the server, and gives the answer as a terminal would show it. */
async function play({ method, path, headers, body, head }) {
  const answer = await fetch(path, { method, headers, body, cache: "no-store" });
  const text = await answer.text();
  const location = answer.headers.get("Location");
  const top = head || !text ? `HTTP ${answer.status} ${answer.statusText}${location ? `\nLocation: ${location}` : ""}\n\n` : "";
  return top + pretty(text);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Command({ line, host }) {
  const request = useMemo(() => requestOf(line, host), [line, host]);
  const [said, say] = useState(null);
  const [copied, setCopied] = useState(false);
  const run = async () => {
    say({ text: "…" });
    try {
      say({ text: await play(request) });
    } catch {
      say({ text: "No answer: the server is away. Start it in the first terminal, and run this again.", bad: true });
    }
  };
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return html`<div class="command">
    <code>${line}</code>
    <div class="buttons">
      ${request && html`<button class="primary" data-testid="run" onClick=${run}><${Turn} />Run</button>`}
      <button onClick=${copy} data-testid="copy">${copied ? html`<${Check} />Copied` : html`<${Copy} />Copy`}</button>
    </div>
    <div aria-live="polite">${said && html`<pre class=${said.bad ? "answer bad" : "answer"} data-testid="answer" tabindex="0" role="group" aria-label="Answer">${said.text}</pre>`}</div>
  </div>`;
}

/** What stands in a text: HTML as it is, and blocks that this page draws itself. */
function partsOf(source) {
  const parts = [];
  const body = new DOMParser().parseFromString(source, "text/html").body;
  for (const link of body.querySelectorAll("a[href]")) link.setAttribute("rel", "noopener");
  for (const element of body.children) {
    const code = element.matches("pre") && element.querySelector("code");
    const language = code && /language-(\w+)/.exec(code.className)?.[1];
    if (language === "sh") parts.push({ commands: commands(code.textContent) });
    else if (language) parts.push({ block: language, text: code.textContent.replace(/\n$/, "") });
    else if (element.matches("table")) parts.push({ table: element.outerHTML });
    else parts.push({ html: element.outerHTML });
  }
  return parts;
}

const lineClass = (language, line) => (language !== "diff" ? "" : line.startsWith("-") ? "out" : line.startsWith("+") ? "in" : "");
const BLOCKS = { text: "To be seen", go: "Go", diff: "Edit" };

export function Text({ text, host }) {
  const parts = useMemo(() => partsOf(text.html.replaceAll("localhost:8080", host)), [text, host]);
  return html`<article class="text">
    ${parts.map((p, i) => {
      const key = `${text.name} ${i}`;
      if (p.commands) return html`<div class="commands" key=${key}>${p.commands.map((line) => html`<${Command} line=${line} host=${host} key=${line} />`)}</div>`;
      if (p.block)
        return html`<pre class="block ${p.block}" key=${key} tabindex="0" role="group" aria-label=${BLOCKS[p.block] ?? "Block"}><code>${p.text
          .split("\n")
          .map((line) => html`<span class=${lineClass(p.block, line)}>${line}${"\n"}</span>`)}</code></pre>`;
      if (p.table) return html`<div class="scroll" key=${key} tabindex="0" role="group" aria-label="Table" dangerouslySetInnerHTML=${{ __html: p.table }} />`;
      return html`<div key=${key} dangerouslySetInnerHTML=${{ __html: p.html }} />`;
    })}
  </article>`;
}
