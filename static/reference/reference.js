/** The page /api: the server's own OpenAPI document, as something to read and to try. It knows no route by itself. */

import { Logo } from "../js/ui/icons.js";
import { html, render, useState } from "../vendor/htm-preact.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Follows a `$ref` of the document; what stands beside it counts, too. */
function resolve(doc, value) {
  if (!value?.$ref) return value;
  const found = value.$ref.slice(2).split("/").reduce((at, key) => at[key.replaceAll("~1", "/")], doc);
  const { $ref, ...rest } = value;
  return { ...resolve(doc, found), ...rest, name: found.name ?? $ref.split("/").pop() };
}

/** A schema in a line: "text", "list of Match", "1 to 100". */
function typeOf(doc, schema) {
  if (!schema) return "";
  if (schema.$ref?.startsWith("#/components/schemas/")) {
    const found = resolve(doc, { $ref: schema.$ref });
    return found.type === "string" || found.type === "integer" || found.enum ? typeOf(doc, { ...found, $ref: undefined }) : found.name;
  }
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (schema.oneOf) return [...new Set(schema.oneOf.map((s) => typeOf(doc, s)))].join(" | ");
  const types = [schema.type].flat().map((t) => (t === "array" ? `list of ${typeOf(doc, schema.items) || "anything"}` : t));
  return `${types.join(" | ")}${bounds(schema)}`;
}

function bounds({ minimum: low, maximum: high, minLength: short, maxLength: long }) {
  if (low !== undefined) return high !== undefined ? `, ${low} to ${high}` : `, from ${low}`;
  return long !== undefined ? `, ${short ?? 0} to ${long} characters` : "";
}

const Fields = ({ doc, schema }) => {
  const known = resolve(doc, schema);
  if (!known?.properties) return html`<p class="type">${typeOf(doc, schema)}</p>`;
  return html`<dl class="fields">
    ${Object.entries(known.properties).map(([name, field]) => {
      const about = field.description ?? resolve(doc, field).description;
      const optional = known.required?.includes(name) ? "" : html` <span class="soft">optional</span>`;
      return html`<div>
        <dt><code>${name}</code>${optional}</dt>
        <dd><span class="type">${typeOf(doc, field)}</span>${about && html`<span class="soft"> ${about}</span>`}</dd>
      </div>`;
    })}
  </dl>`;
};

const Answer = ({ doc, status, answer }) => {
  const { description, content = {} } = resolve(doc, answer);
  const schema = content["application/json"]?.schema;
  return html`<li>
    <span class="status">${status}</span> ${description}
    ${schema && html`<${Fields} doc=${doc} schema=${schema} />`}
  </li>`;
};

/** The address of a route with what was filled in; null while a part of the path is missing. */
function addressOf(path, parameters, given) {
  let missing = false;
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
    missing ||= !given[name];
    return encodeURIComponent(given[name] ?? "");
  });
  const query = parameters.filter((p) => p.in === "query" && given[p.name]).map((p) => [p.name, given[p.name]]);
  return missing ? null : filled + (query.length ? `?${new URLSearchParams(query)}` : "");
}

async function ask(address) {
  const began = performance.now();
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  const text = await answer.text();
  const ms = Math.round(performance.now() - began);
  try {
    return { status: answer.status, ms, text: JSON.stringify(JSON.parse(text), null, 2) };
  } catch {
    return { status: answer.status, ms, text };
  }
}

const Try = ({ id, path, parameters }) => {
  const [given, give] = useState({});
  const [answer, setAnswer] = useState(null);
  const address = addressOf(path, parameters, given);
  const send = async (event) => {
    event.preventDefault();
    try {
      setAnswer(await ask(address));
    } catch {
      setAnswer({ status: "–", ms: 0, text: "The server cannot be reached." });
    }
  };
  return html`<form onSubmit=${send}>
    ${parameters
      .filter((p) => p.in !== "header")
      .map(
        (p) => html`<label for=${`${id}-${p.name}`}>${p.name}</label>
          <input id=${`${id}-${p.name}`} required=${p.in === "path"} placeholder=${p.example ?? ""} autocomplete="off" spellcheck=${false}
            onInput=${(e) => give({ ...given, [p.name]: e.target.value.trim() })} />`,
      )}
    <button class="button" disabled=${address === null}>Send</button>
    <div aria-live="polite">
      ${answer && html`<p><span class="status">${answer.status}</span> <span class="soft">${address} · ${answer.ms} ms</span></p>
        <pre tabindex="0" aria-label="Answer">${answer.text}</pre>`}
    </div>
  </form>`;
};

const Route = ({ doc, method, path, operation, shared }) => {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((p) => resolve(doc, p));
  const body = operation.requestBody?.content["application/json"];
  const open = operation.security?.some((s) => Object.keys(s).length === 0);
  return html`<details class="card route" id=${operation.operationId}>
    <summary>
      <span class=${`method ${method}`}>${method.toUpperCase()}</span> <code>${path}</code>
      <span class="soft">${operation.summary}</span>
    </summary>
    ${operation.description && html`<p>${operation.description}</p>`}
    <p class="soft">${open ? "Needs no session." : "Needs a session: the cookie of this browser, or Authorization: Bearer."}</p>
    ${parameters.length > 0 &&
    html`<h3>Parameters</h3>
      <dl class="fields">
        ${parameters.map(
          (p) => html`<div>
            <dt><code>${p.name}</code> <span class="soft">${p.in}${p.required ? "" : ", optional"}</span></dt>
            <dd><span class="type">${typeOf(doc, p.schema)}</span> <span class="soft">${p.description}</span></dd>
          </div>`,
        )}
      </dl>`}
    ${body &&
    html`<h3>Body</h3>
      <${Fields} doc=${doc} schema=${body.schema} />
      ${body.example && html`<pre tabindex="0" aria-label="Example">${JSON.stringify(body.example)}</pre>`}`}
    <h3>Answers</h3>
    <ul class="answers">
      ${Object.entries(operation.responses).map(([status, answer]) => html`<${Answer} doc=${doc} status=${status} answer=${answer} />`)}
    </ul>
    ${method === "get" && path !== "/ws" && html`<h3>Try it</h3><${Try} id=${operation.operationId} path=${path} parameters=${parameters} />`}
  </details>`;
};

const Page = ({ doc }) => {
  const routes = Object.entries(doc.paths).flatMap(([path, item]) =>
    METHODS.filter((m) => item[m]).map((method) => ({ path, method, operation: item[method], shared: item.parameters ?? [] })),
  );
  return html`<header class="top">
    <a class="brand" href="/" aria-label="Everturn, home"><${Logo} /><span>Everturn</span></a>
  </header>
  <main>
    <h1>HTTP API</h1>
    <p>${doc.info.description}</p>
    <p>This page shows <a href="/api/openapi.json">/api/openapi.json</a>, OpenAPI ${doc.openapi}.</p>
    ${doc.tags.map(
      (tag) => html`<section>
        <h2>${tag.name}</h2>
        <p class="soft">${tag.description}</p>
        ${routes
          .filter((r) => r.operation.tags[0] === tag.name)
          .map((r) => html`<${Route} doc=${doc} ...${r} />`)}
      </section>`,
    )}
    <section>
      <h2>schemas</h2>
      ${Object.entries(doc.components.schemas).map(
        ([name, schema]) => html`<details class="card" id=${name}>
          <summary><code>${name}</code> <span class="soft">${schema.description}</span></summary>
          <${Fields} doc=${doc} schema=${schema} />
        </details>`,
      )}
    </section>
  </main>`;
};

const app = document.getElementById("app");
try {
  render(html`<${Page} doc=${await (await fetch("/api/openapi.json")).json()} />`, app);
  if (location.hash) document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
} catch {
  render(html`<main><h1>HTTP API</h1><p role="alert">The document could not be loaded. Reload the page to try again.</p></main>`, app);
}
