/** Dialogs that ask before something is done: one at a time, with fields, and the server's refusal shown in place. */

import { html, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { Emitter } from "../js/emitter.js";
import { useApp, useNews } from "./app.js";

/**
 * Dialogs opens one: {title, says, fields?, confirm, danger?, act(values) → Promise, done(answer)?}. A field is {name, label,
 * type?: "text" | "json" | "select" | "check", options?, value?, hint?, required?}. Without `confirm` there is nothing to confirm.
 */
export class Dialogs extends Emitter {
  shown = null;

  open(spec) {
    this.shown = spec;
    this.emit("change");
  }

  close() {
    this.shown = null;
    this.emit("change");
  }
}

export function DialogHost() {
  const { dialogs } = useApp();
  useNews(dialogs);
  return dialogs.shown && html`<${Asking} key=${dialogs.shown.title} spec=${dialogs.shown} close=${() => dialogs.close()} />`;
}

function Asking({ spec, close }) {
  const { title, says, fields = [], confirm, danger, act, done } = spec;
  const dialog = useRef();
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const back = useRef(document.activeElement);
  useLayoutEffect(() => {
    dialog.current.showModal();
    return () => back.current?.focus?.();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setProblem("");
    setBusy(true);
    try {
      const answer = await act(valuesOf(event.target, fields));
      close();
      done?.(answer);
    } catch (error) {
      setProblem(error.message);
      setBusy(false);
    }
  };
  return html`<dialog ref=${dialog} class="asking" aria-labelledby="asking-title" data-testid="dialog" onClose=${close}
    onKeyDown=${(e) => e.stopPropagation()} onClick=${(e) => e.target === dialog.current && dialog.current.close()}>
    <form onSubmit=${submit} method="dialog">
      <h2 id="asking-title">${title}</h2>
      <p>${says}</p>
      ${fields.map((f) => html`<${Field} key=${f.name} ...${f} />`)}
      <div class="problem" role="alert">${problem}</div>
      <div class="row end">
        <button type="button" data-testid="dialog-cancel" onClick=${() => dialog.current.close()}>${confirm ? "Cancel" : "Close"}</button>
        ${confirm && html`<button class=${danger ? "danger" : "primary"} disabled=${busy} data-testid="dialog-confirm">${confirm}</button>`}
      </div>
    </form>
  </dialog>`;
}

function Field({ name, label, type = "text", options, value = "", hint, required }) {
  const words = html`<span>${label}${(hint || type === "json") && html` <small>${hint ?? "JSON; empty for none"}</small>`}</span>`;
  if (type === "select")
    return html`<label class="field">${words}<select name=${name}>${options.map((o) => html`<option value=${o} selected=${o === value}>${o}</option>`)}</select></label>`;
  if (type === "check")
    return html`<label class="field checked"><input type="checkbox" class="check" name=${name} defaultChecked=${!!value} />${words}</label>`;
  if (type === "json")
    return html`<label class="field">${words}<textarea name=${name} rows="3" spellcheck=${false} autocomplete="off" placeholder='{"any": "JSON"}'></textarea></label>`;
  return html`<label class="field">${words}<input name=${name} required=${required} defaultValue=${value} spellcheck=${false} autocomplete="off" /></label>`;
}

/** What was filled in. */
function valuesOf(form, fields) {
  const values = {};
  for (const { name, label, type } of fields) {
    const { value, checked } = form.elements[name];
    values[name] = type === "check" ? checked : type === "json" ? readJSON(value.trim(), label) : value.trim();
  }
  return values;
}

export function readJSON(text, label) {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${label} is not JSON. A text stands in quotes: "like this".`);
  }
}
