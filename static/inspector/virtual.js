/**
 * A list of any length: only the rows in sight are in the document. It is one stop of Tab; arrows, Page Up and Down, Home and
 * End move within it.
 */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";

const BEYOND = 6; // rows that are drawn above and below those in sight

/**
 * @param {object} props
 * @param {number} props.count @param {number} props.height of a row in px @param {(i: number) => any} props.row what is in it
 * @param {number} props.active the row that keys act on @param {(i: number) => void} props.onActive
 * @param {(i: number, event) => boolean} props.onKey other keys; true if it knew the key
 * @param {(i: number) => void} props.onOpen @param {() => void} props.onEnd the last rows are near
 */
export function VirtualList({ count, height, row, rowClass, rowKey, active, onActive, onKey, onOpen, onEnd, onScrolled, top: begin = 0, label, header, testid }) {
  const scroller = useRef();
  const [top, setTop] = useState(begin);
  const [tall, setTall] = useState(600);
  const wants = useRef(null); // the row that gets the focus once it is drawn
  useLayoutEffect(() => {
    const el = scroller.current;
    const observer = new ResizeObserver(() => setTall(el.clientHeight));
    observer.observe(el);
    el.scrollTop = begin;
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(top / height) - BEYOND);
  const end = Math.min(count, Math.ceil((top + tall) / height) + BEYOND);
  useEffect(() => {
    if (end >= count - 20) onEnd?.();
  }, [end, count]);
  useLayoutEffect(() => {
    if (wants.current === null) return;
    scroller.current.querySelector(`[data-index="${wants.current}"]`)?.focus({ preventScroll: true });
    wants.current = null;
  });
  // Who has scrolled sees the same lines, whatever comes and goes above them.
  const seen = useRef({ index: 0, key: null });
  useLayoutEffect(() => {
    const { index, key } = seen.current;
    const el = scroller.current;
    if (el.scrollTop > 0 && key !== null && (index >= count || rowKey(index) !== key)) {
      const now = near(index, key, count, rowKey);
      if (now >= 0) el.scrollTop += (now - index) * height;
    }
    const at = Math.min(count - 1, Math.floor(el.scrollTop / height));
    seen.current = at >= 0 ? { index: at, key: rowKey(at) } : { index: 0, key: null };
  });
  const go = (i) => {
    const to = Math.max(0, Math.min(count - 1, i));
    const el = scroller.current;
    const head = el.querySelector(".list-head")?.offsetHeight ?? 0;
    if (to * height < el.scrollTop) el.scrollTop = to * height;
    else if ((to + 1) * height > el.scrollTop + el.clientHeight - head) el.scrollTop = (to + 1) * height - el.clientHeight + head;
    setTop(el.scrollTop);
    wants.current = to;
    onActive(to);
  };
  const keys = (event) => {
    if (!event.target.matches("[data-index]") || event.altKey) return;
    const at = Number(event.target.dataset.index);
    const page = Math.max(1, Math.floor(tall / height) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 }[event.key];
    if (to !== undefined && !event.ctrlKey && !event.metaKey && !event.shiftKey) go(to);
    else if (event.key === "Enter") onOpen?.(at);
    else if (!onKey?.(at, event)) return;
    event.preventDefault();
  };
  const rows = [];
  for (let i = first; i < end; i++) {
    rows.push(html`<div key=${rowKey(i)} class=${`list-row ${rowClass?.(i) ?? ""}`} role="row" aria-rowindex=${i + 2} data-index=${i}
      tabindex=${i === Math.min(active, count - 1) ? 0 : -1} style=${{ transform: `translateY(${i * height}px)`, height: `${height}px` }}
      onFocus=${() => i !== active && onActive(i)} onClick=${(e) => opens(e) && onOpen?.(i)}>${row(i)}</div>`);
  }
  return html`<div class="list" ref=${scroller} role="grid" aria-label=${label} aria-rowcount=${count + 1} data-testid=${testid} onScroll=${() => (setTop(scroller.current.scrollTop), onScrolled?.(scroller.current.scrollTop))} onKeyDown=${keys}>
    ${header}
    <div class="list-rows" role="rowgroup" style=${{ height: `${count * height}px` }}>${rows}</div>
  </div>`;
}

const NEAR = 400; // lines around which a line is looked for

/** Where a line is now that was at an index. */
function near(index, key, count, rowKey) {
  for (let by = 0; by <= NEAR; by++) {
    if (index + by < count && rowKey(index + by) === key) return index + by;
    if (index - by >= 0 && index - by < count && rowKey(index - by) === key) return index - by;
  }
  return -1;
}

/** A click on a row opens it, unless it was meant for something in it. */
const opens = (event) => !event.target.closest("a, input, button, label") && !getSelection().toString();
