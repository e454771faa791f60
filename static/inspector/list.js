/** The page /inspector: every orchestration or entity, narrowed down, live, and many at once to be acted on. */

import { html, useEffect, useMemo, useRef, useState } from "../vendor/htm-preact.js";
import { BATCH, DANGEROUS, LABELS, batchDialog } from "./actions.js";
import { addressOf, asked, pageOf } from "./addresses.js";
import { get } from "./api.js";
import { useApp, useFollow, useTicking, useType } from "./app.js";
import { Filters } from "./filters.js";
import { ago, clockTime, exactTime } from "./format.js";
import { extended, idOf, renewed } from "./pages.js";
import { StateChip } from "./parts.js";
import { VirtualList } from "./virtual.js";

const PAGE = 200; // items
const LOOKS = 25; // further pages that are asked for in one go while they are empty

/** The list that was shown last: who comes back to it finds it as it was, and what is new is told by its stream. */
let kept = { key: null };

/** The items that the filters let through: the first page live, further ones as they are scrolled to. */
function useItems(filters) {
  const key = addressOf(filters);
  if (kept.key !== key) kept = { key, items: null, cursor: "", active: { index: 0, id: null }, top: 0 };
  const [state, set] = useState({ key, items: kept.items, cursor: kept.cursor, problem: null });
  const latest = useRef();
  latest.current = state;
  if (state.key === key) Object.assign(kept, { items: state.items, cursor: state.cursor });
  const loading = useRef(false);
  const since = useMemo(() => Date.now(), [key]);
  const query = (more) => {
    const q = asked(filters, since);
    q.set("limit", String(PAGE));
    if (more) q.set("cursor", more);
    return q;
  };
  useEffect(() => {
    if (state.key !== key) set({ key, items: null, cursor: "", problem: null });
  }, [key]);
  useFollow(key, () => `/list/live?${query()}`, {
    page: ({ items, cursor }) =>
      set((had) => {
        const next = renewed(had.items ?? [], items, !!cursor);
        return { key, items: next.items, cursor: next.whole ? (cursor ?? "") : had.cursor, problem: null };
      }),
  }, {
    down: () => latest.current.items === null && get(`/list?${query()}`).catch((problem) => problem.status && set((had) => ({ ...had, problem }))),
  });
  /** Asks for further pages until one has something: each is a bounded look at an index, and may be empty. */
  const more = async () => {
    if (loading.current) return;
    loading.current = true;
    try {
      for (let looks = 0, had = latest.current; had.cursor && looks < LOOKS; looks++) {
        const page = await get(`/list?${query(had.cursor)}`);
        if (latest.current.cursor !== had.cursor) break; // it was narrowed meanwhile
        had = { ...latest.current, items: extended(latest.current.items ?? [], page.items), cursor: page.cursor ?? "" };
        latest.current = had;
        set(had);
        if (page.items.length > 0) break;
      }
    } catch (problem) {
      if (problem.status) set((had) => ({ ...had, problem }));
    } finally {
      loading.current = false;
    }
  };
  const few = state.items !== null && state.items.length < PAGE / 4;
  useEffect(() => {
    if (few && state.cursor) more();
  }, [few, state.cursor]);
  return { ...(state.key === key ? state : { items: null, cursor: "", problem: null }), more };
}

export function ListPage({ filters }) {
  const { router } = useApp();
  const { items, cursor, problem, more } = useItems(filters);
  const narrow = (change) => router.navigate(addressOf({ ...filters, ...change }), { replace: true });
  return html`<div class="list-page">
    <h1 class="sr-only">${filters.kind === "entity" ? "Entities" : "Orchestrations"}</h1>
    <${Filters} key=${filters.kind} filters=${filters} narrow=${narrow} />
    ${problem && html`<p class="told bad" role="alert">${problem.message}</p>`}
    <${Items} key=${filters.kind} entities=${filters.kind === "entity"} items=${items} more=${more} cursor=${cursor} />
  </div>`;
}

function Items({ entities, items, cursor, more }) {
  const { router, dialogs, say } = useApp();
  const type = useType();
  const small = matchMedia("(max-width: 759px)").matches;
  const [active, setActive] = useActive(items);
  const [chosen, choose] = useState(new Set());
  const from = useRef(null); // where a range begins
  useTicking(true);
  if (items === null) return html`<p class="soft loading">Looking…</p>`;
  const there = items.filter((item) => chosen.has(item.id));
  const set = (i, on, range) => {
    const [a, b] = range && from.current !== null ? [Math.min(from.current, i), Math.max(from.current, i)] : [i, i];
    from.current = i;
    choose((had) => {
      const next = new Set(had);
      for (const item of items.slice(a, b + 1)) on ? next.add(item.id) : next.delete(item.id);
      return next;
    });
  };
  const all = there.length > 0 && there.length === items.length;
  const chooseAll = () => choose(all ? new Set() : new Set(items.map((item) => item.id)));
  const keys = (i, event) => {
    if (entities) return false;
    if (event.key === " " || event.key === "x") set(i, !chosen.has(items[i].id), event.shiftKey);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) chooseAll();
    else return false;
    return true;
  };
  const batch = (action) =>
    dialogs.open(batchDialog(action, there, ({ done, failed }) => {
      say(failed.length ? `Done for ${done}. Not for ${failed.length}: ${failed[0].why}` : `Done for ${done}.`, failed.length > 0);
      choose(new Set());
    }));
  const box = (item, i) =>
    html`<input type="checkbox" class="check" tabindex="-1" aria-label=${`Select ${item.name} ${item.id}`} checked=${chosen.has(item.id)}
      onClick=${(e) => set(i, e.target.checked, e.shiftKey)} />`;
  const header = html`<div class="list-head" role="row" aria-rowindex="1">
    ${!entities && html`<span role="columnheader"><input type="checkbox" class="check" aria-label="Select all that are loaded" checked=${all} indeterminate=${there.length > 0 && !all} onClick=${chooseAll} /></span>`}
    ${(entities ? ["Entity", "Key", "Lock", "Changed"] : ["State", "Name", "Id", "About", "Created", "Changed"]).map((c) => html`<span role="columnheader">${c}</span>`)}
  </div>`;
  const count = `${items.length.toLocaleString("en")} ${entities ? "entities" : "orchestrations"}${cursor ? " loaded, and there are more" : ""}`;
  return html`
    <p class="count soft" data-testid="count" data-count=${items.length} data-more=${String(!!cursor)}>${items.length === 0 ? (cursor ? "Looking…" : "Nothing is as the filters say.") : count}</p>
    ${items.length > 0 &&
    html`<${VirtualList} testid="list" label=${entities ? "Entities" : "Orchestrations"} count=${items.length} height=${Math.round(type * (small ? 5.25 : 3))} header=${small && entities ? null : header}
      top=${kept.top} onScrolled=${(top) => (kept.top = top)} active=${active} onActive=${setActive} onKey=${keys} onOpen=${(i) => router.navigate(pageOf(items[i]))} onEnd=${more}
      rowKey=${(i) => idOf(items[i])} rowClass=${(i) => `${entities ? "entity" : "instance"}${chosen.has(items[i].id) ? " chosen" : ""}`}
      row=${(i) => (entities ? html`<${EntityRow} item=${items[i]} />` : html`<${InstanceRow} item=${items[i]} box=${box(items[i], i)} />`)} />`}
    <div class=${`batch${there.length ? "" : " away"}`} data-testid="batch" role="region" aria-label="Selected orchestrations">
      ${there.length > 0 &&
      html`<b>${there.length.toLocaleString("en")} selected</b>
        ${BATCH.map((action) => html`<button key=${action} class=${DANGEROUS.has(action) ? "dangerous" : ""} data-testid=${`batch-${action}`} onClick=${() => batch(action)}>${LABELS[action]}</button>`)}
        <button class="plain" onClick=${() => choose(new Set())}>Clear</button>`}
    </div>`;
}

/** The line that keys act on: it goes along with its item when others come and go above it. */
function useActive(items) {
  const [line, set] = useState(kept.active);
  kept.active = line;
  const there = items?.[line.index] && idOf(items[line.index]) === line.id;
  const found = there || !items || line.id === null ? line.index : items.findIndex((item) => idOf(item) === line.id);
  return [found < 0 ? line.index : found, (index) => set({ index, id: idOf(items[index]) })];
}

function InstanceRow({ item, box }) {
  const about = item.quarantine ? `set aside: ${item.quarantine}` : item.failure ? (item.failure.message ?? String(item.failure)) : tagsOf(item.tags) || (item.parent ? `child of ${item.parent}` : "");
  return html`
    <span role="gridcell">${box}</span>
    <span role="gridcell"><${StateChip} state=${item.state} quarantine=${item.quarantine} /></span>
    <b role="gridcell" class="cut">${item.name}</b>
    <code role="gridcell" class="cut" title=${item.id}>${item.id}</code>
    <span role="gridcell" class=${`cut about ${item.failure || item.quarantine ? "bad-words" : "soft"}`}>${about}</span>
    <span role="gridcell" class="time soft" title=${exactTime(item.created)}>${clockTime(item.created)}</span>
    <span role="gridcell" class="time" title=${exactTime(item.updated)}>${ago(item.updated)}</span>`;
}

function EntityRow({ item }) {
  return html`
    <b role="gridcell" class="cut">${item.name}</b>
    <code role="gridcell" class="cut" title=${item.key}>${item.key || "(empty)"}</code>
    <span role="gridcell" class="cut">${about(item)}</span>
    <span role="gridcell" class="time" title=${exactTime(item.updated)}>${ago(item.updated)}</span>`;
}

function about({ state, locked, waiting, quarantine }) {
  if (quarantine) return html`<span class="chip state Quarantined"><i aria-hidden="true">!</i>Quarantined</span>`;
  if (locked) return html`<span class="chip lock">locked${waiting ? `, ${waiting} waiting` : ""}</span>`;
  return state === "Deleted" ? html`<span class="chip">deleted</span>` : "";
}

const tagsOf = (tags) => (tags ? Object.entries(tags).map(([k, v]) => `${k} ${v}`).join(", ") : "");
