/** The player's name in the header; a press turns it into a field. */

import { html, useLayoutEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { useApp, useNews } from "./app.js";
import { Pencil } from "./icons.js";

/** @param {{label?: string}} props what the button says instead of the name, and where it is not the header's */
export function PlayerName({ label }) {
  const { session, notices } = useApp();
  useNews(session);
  const [editing, setEditing] = useState(false);
  const button = useRef();
  const wasEditing = useRef(false);
  useLayoutEffect(() => {
    if (wasEditing.current && !editing) button.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  const save = async (name) => {
    setEditing(false);
    if (name === "" || name === session.name) return;
    try {
      await session.rename(name);
      notices.show(`You are ${session.name} now.`);
    } catch (problem) {
      notices.show(problem.message, "bad");
    }
  };

  if (editing)
    return html`<${NameForm} name=${session.name ?? ""} onSave=${save} onCancel=${() => setEditing(false)} />`;
  const name = session.name ?? "Guest";
  return html`<button class="name plain" ref=${button} aria-label=${label ?? `Your name is ${name}. Change it`}
    title="Change your name" data-testid=${label ? "rename" : "player-name"} onClick=${() => setEditing(true)}>
    <span>${label ?? name}</span><${Pencil} />
  </button>`;
}

function NameForm({ name, onSave, onCancel }) {
  const field = useRef();
  useLayoutEffect(() => {
    field.current.focus();
    field.current.select();
  }, []);
  const submit = (event) => {
    event.preventDefault();
    onSave(field.current.value.trim());
  };
  return html`<form class="name-form" onSubmit=${submit}>
    <input ref=${field} value=${name} maxlength="24" placeholder="Your name" autocomplete="nickname" aria-label="Your name" data-testid="name-field"
      onKeyDown=${(e) => e.key === "Escape" && onCancel()} />
    <button class="small primary" data-testid="name-save">Save</button>
  </form>`;
}
