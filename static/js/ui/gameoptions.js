/** A game's own options, drawn from what the server says of them: {id, name, type, default, min?, max?, step?, choices?}. */

import { html } from "../../vendor/htm-preact.js";
import { Segments, Select, Switch } from "./fields.js";

const IN_SIGHT = 4; // values that are shown side by side; more are a list

/**
 * @param {object[]} props.specs the game's options
 * @param {object} props.values what is chosen, by option id
 * @param {(change: object) => void} props.onChange
 */
export function GameOptions({ specs, values, onChange }) {
  return specs.map((spec) => {
    const value = valueOf(spec, values);
    const set = (chosen) => onChange({ [spec.id]: chosen });
    const name = `option-${spec.id}`;
    if (spec.type === "bool")
      return html`<${Switch} key=${spec.id} name=${name} label=${spec.name} value=${value} onChange=${set} />`;
    const all = possible(spec);
    const Field = all.length <= IN_SIGHT ? Segments : Select;
    const options = all.map((v) => ({ value: String(v), name: typeof v === "string" ? capital(v) : String(v) }));
    return html`<${Field} key=${spec.id} name=${name} legend=${spec.name} label=${spec.name} options=${options}
      value=${String(value)} onChange=${(text) => set(spec.type === "int" ? Number(text) : text)} />`;
  });
}

/** What to ask the server for: a value for each option that is not its default, null where all are. */
export function chosenOptions(specs, values) {
  const changed = specs.map((spec) => [spec.id, valueOf(spec, values)]).filter(([, v], i) => v !== specs[i].default);
  return changed.length > 0 ? Object.fromEntries(changed) : null;
}

/** The chosen value, where it still is one: what was remembered may be from another version of the game. */
function valueOf(spec, values) {
  const value = values?.[spec.id];
  const fits = spec.type === "bool" ? typeof value === "boolean" : possible(spec).includes(value);
  return fits ? value : spec.default;
}

function possible({ type, min, max, step, choices }) {
  if (type !== "int") return choices ?? [];
  return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, i) => min + i * step);
}

const capital = (word) => word.replace(/^./, (c) => c.toUpperCase());
