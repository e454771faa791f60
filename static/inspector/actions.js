/**
 * What an operator can do, and what is said before it is done. `actions` and `batchWords` are functions of their arguments
 * only; the rest are the dialogs that they lead to.
 */

import { html } from "../vendor/htm-preact.js";
import { ofEntity, ofInstance, post } from "./api.js";
import { instancePage } from "./addresses.js";

const FINAL = new Set(["Completed", "Failed", "Terminated"]);
export const ended = (state) => FINAL.has(state);

/** What can be done with an instance as it is. */
export function actions(status) {
  if (!status.state) return ["retry"]; // it cannot even be read
  const over = ended(status.state);
  return [
    !over && "raise",
    !over && (status.state === "Suspended" ? "resume" : "suspend"),
    !over && "cancel",
    status.state === "Failed" && "rewind",
    status.quarantine && "retry",
    over && "restart",
    !over && "terminate",
    over && "purge",
  ].filter(Boolean);
}

export const LABELS = {
  raise: "Raise event", suspend: "Suspend", resume: "Resume", cancel: "Ask to cancel", rewind: "Rewind", retry: "Try again",
  restart: "Restart", terminate: "Terminate", purge: "Purge",
};
export const DANGEROUS = new Set(["terminate", "purge"]);

const SAYS = {
  raise: "The event is kept with the instance; its code gets it as soon as it waits for an event of that name.",
  suspend: "Its code takes no more turns. Events, results and timers that come meanwhile are kept, and are dealt with once it is resumed.",
  resume: "Its code goes on, with all that came while it was suspended.",
  cancel: "Its code is told, and may clean up before it ends. It may also take no notice.",
  rewind: "What failed is taken out of its history and tried again; what was done stays done. So do its failed children.",
  retry: "The engine set it aside because it could not run it. It is tried once more, with the code of this server.",
  restart: "It is started anew with the same input and the same id; what is stored of the old run is given up.",
  terminate: "It ends at once, as it is; its code is not asked and cleans nothing up. This cannot be undone.",
  purge: "It is erased with its history, output and events, as if it had never been. This cannot be undone.",
};

/** What an action may be told beside its name. */
const FIELDS = {
  terminate: [{ name: "recursive", label: "Its children, too", type: "check", value: true }],
  purge: [{ name: "recursive", label: "Its children, too", type: "check" }],
  restart: [{ name: "newId", label: "Under a new id, beside the old run", type: "check" }],
};

const REASON = { name: "reason", label: "Reason", hint: "optional; kept with the instance" };

/** The dialog of an action on an instance. `done` is told what the server answers. */
export function dialogOf(action, status, done) {
  const act = (path, body) => post(ofInstance(status.id, path), body);
  const spec = {
    title: `${LABELS[action]}: ${status.name}`,
    says: html`<code class="id">${status.id}</code><br />${SAYS[action]}`,
    confirm: LABELS[action],
    danger: DANGEROUS.has(action),
    fields: FIELDS[action] ?? [],
    act: ({ reason, ...rest }) => act(`/${action}`, { ...rest, ...(reason && { reason }) }),
    done,
  };
  if (action === "raise") {
    spec.fields = [
      { name: "event", label: "Name of the event", required: true },
      { name: "body", label: "Body", type: "json" },
    ];
    spec.act = ({ event, body }) => act("/raise", { event, ...(body !== undefined && { body }) });
  } else if (["suspend", "resume", "terminate", "rewind", "cancel"].includes(action)) {
    spec.fields = [...spec.fields, REASON];
  }
  return spec;
}

/** Starts an orchestration; then its page is shown. */
export function startDialog(definitions, navigate) {
  const names = definitions?.orchestrations.map((o) => o.name) ?? [];
  return {
    title: "Start an orchestration",
    says: "It begins as soon as its start is on disk.",
    confirm: "Start",
    fields: [
      { name: "name", label: "Orchestration", type: "select", options: names, value: names.includes("hello") ? "hello" : names[0] },
      { name: "id", label: "Id", hint: "empty: a new one" },
      { name: "input", label: "Input", type: "json" },
    ],
    act: ({ name, id, input }) => post("/start", { name, ...(id && { id }), ...(input !== undefined && { input }) }),
    done: ({ id }) => navigate(instancePage(id)),
  };
}

/** Signals an entity. */
export function signalDialog(name, key, operations, done) {
  return {
    title: `Signal ${name}`,
    says: html`${key && html`<code class="id">${key}</code><br />`}A signal is stored, and the entity does what it says in its turn. It has no answer.`,
    confirm: "Signal",
    fields: [
      { name: "op", label: "Operation", type: operations.length ? "select" : "text", options: operations, required: true },
      { name: "input", label: "Input", type: "json" },
    ],
    act: ({ op, input }) => post(ofEntity(name, key, "/signal"), { op, ...(input !== undefined && { input }) }),
    done,
  };
}

/** Lets the engine try an entity again that it set aside. */
export const retryEntity = (name, key, done) => ({
  title: `Try again: ${name}`, says: SAYS.retry, confirm: LABELS.retry, act: () => post(ofEntity(name, key, "/retry")), done,
});

/** What can be done with many at once. */
export const BATCH = ["terminate", "suspend", "resume", "purge"];

/** Which instances an action does something to. */
export function affected(action, items) {
  const does = {
    terminate: (s) => !ended(s),
    suspend: (s) => s === "Running" || s === "Pending",
    resume: (s) => s === "Suspended",
    purge: ended,
  }[action];
  return items.filter((item) => does(item.state));
}

const many = (n, one = "orchestration") => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

/** What a batch will do, in words, before it does. */
export function batchWords(action, items) {
  const hit = affected(action, items).length;
  const rest = items.length - hit;
  const what = {
    terminate: `${many(hit)} ${hit === 1 ? "ends" : "end"} at once, with all children; nothing is cleaned up. This cannot be undone.`,
    suspend: `${many(hit)} ${hit === 1 ? "takes" : "take"} no more turns until resumed. What comes meanwhile is kept.`,
    resume: `${many(hit)} ${hit === 1 ? "goes" : "go"} on, with all that came meanwhile.`,
    purge: `${many(hit)} ${hit === 1 ? "is" : "are"} erased with history and output. This cannot be undone.`,
  }[action];
  const why = { terminate: "ended already", suspend: "not running", resume: "not suspended", purge: "not ended yet" }[action];
  return [hit ? what : `Of these, there is none to ${action}.`, rest ? `${many(rest, "other")} of the selection: ${why}, left alone.` : ""].filter(Boolean).join(" ");
}

const AT_ONCE = 500; // ids a request

/** The dialog of a batch. */
export function batchDialog(action, items, done) {
  const hit = affected(action, items);
  return {
    title: `${LABELS[action]} ${many(hit.length)}`,
    says: batchWords(action, items),
    confirm: hit.length ? `${LABELS[action]} ${hit.length.toLocaleString("en")}` : null,
    danger: DANGEROUS.has(action),
    fields: hit.length && action !== "purge" ? [REASON] : [],
    act: async ({ reason }) => {
      const sum = { done: 0, failed: [] };
      for (let i = 0; i < hit.length; i += AT_ONCE) {
        const ids = hit.slice(i, i + AT_ONCE).map((item) => item.id);
        const part = await post("/batch", { action, ids, ...(reason && { reason }) });
        sum.done += part.done;
        sum.failed.push(...(part.failed ?? []));
      }
      return sum;
    },
    done,
  };
}
