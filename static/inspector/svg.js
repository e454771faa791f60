/** Shapes on the page: drawn, picked by pointer and keys, and saved as a file that stands alone. */

import { h, html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { useType } from "./app.js";
import { Save } from "../js/ui/icons.js";
import { every } from "./shapes.js";

const NS = "http://www.w3.org/2000/svg";

/** One shape. */
function node(s, pick, picked, index) {
  const attrs = { ...s.attrs, key: index };
  if (s.row) {
    attrs.class = `${attrs.class ?? ""}${picked && s.row.n === picked.n ? " picked" : ""} pickable`;
    attrs.onClick = (e) => (e.stopPropagation(), pick?.(s.row));
  }
  const inner = [s.hint && h("title", null, s.hint), ...(s.words !== undefined ? [s.words] : []), ...(s.children ?? []).map((c, i) => node(c, pick, picked, i))];
  const drawn = h(s.tag, attrs, inner);
  return s.href ? h("a", { href: s.href, key: index }, drawn) : drawn;
}

/**
 * A drawing that scrolls sideways, stays at its end while it grows, and is picked from by clicks and arrows.
 * @param {{drawing: object, label: string, name: string, picked?: object, onPick?: (row) => void, live?: boolean}} props
 *   `name` is that of the saved file
 */
export function Drawing({ drawing, label, name, picked, onPick, live, children }) {
  const zoomOf = useType() / 16;
  const [zoom, setZoom] = useState(1);
  const scroller = useRef();
  const svg = useRef();
  const stuck = useRef(true); // whether it follows its end
  const scale = zoomOf * zoom;
  const width = Math.max(1, Math.round(drawing.width * scale));
  useEffect(() => {
    if (live && stuck.current) scroller.current.scrollLeft = scroller.current.scrollWidth;
    stay(svg.current, scroller.current, scale);
  });
  const scrolled = () => {
    const el = scroller.current;
    stuck.current = el.scrollWidth - el.clientWidth - el.scrollLeft < 60;
    stay(svg.current, el, scale);
  };
  const keys = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !onPick || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...new Map([...every(drawing.shapes)].filter((s) => s.row).map((s) => [s.row.n, s.row])).values()].sort((a, b) => a.n - b.n);
    if (rows.length === 0) return;
    event.preventDefault();
    const at = rows.findIndex((row) => row.n === picked?.n);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
    onPick(rows[next]);
    requestAnimationFrame(() => svg.current?.querySelector(".picked")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
  };
  return html`<figure class="drawing">
    <div class="drawing-bar">
      ${children}
      <span class="drawing-tools">
        <button class="icon-button" aria-label="Smaller" title="Smaller" onClick=${() => setZoom(Math.max(0.5, zoom / 1.25))}>−</button>
        <button class="icon-button" aria-label="Larger" title="Larger" onClick=${() => setZoom(Math.min(3, zoom * 1.25))}>+</button>
        <button data-testid="save-svg" onClick=${() => save(svg.current, name)}><${Save} />SVG</button>
      </span>
    </div>
    <div class="drawing-scroll" ref=${scroller} onScroll=${scrolled} onKeyDown=${keys} tabindex="0" role="group" aria-label=${`${label}. Arrow keys go from event to event.`}>
      <svg ref=${svg} class="drawn" width=${width} height=${Math.round(drawing.height * scale)} viewBox=${`0 0 ${drawing.width} ${drawing.height}`} data-testid=${`drawing-${name.split("-")[0]}`}>
        ${drawing.shapes.map((s, i) => node(s, onPick, picked, i))}
        ${drawing.left && html`<g class="stays-left">${drawing.left.map((s, i) => node(s, onPick, picked, i))}</g>`}
        ${drawing.top && html`<g class="stays-top">${drawing.top.map((s, i) => node(s, onPick, picked, i))}</g>`}
      </svg>
    </div>
  </figure>`;
}

/** Names stay in sight while what they name scrolls. */
function stay(svg, scroller, scale) {
  svg?.querySelector(".stays-left")?.setAttribute("transform", `translate(${Math.round(scroller.scrollLeft / scale)} 0)`);
  svg?.querySelector(".stays-top")?.setAttribute("transform", `translate(0 ${Math.round(scroller.scrollTop / scale)})`);
}

/** What a file on its own needs of the page's styles. */
const PROPERTIES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "fill-opacity", "font-size", "font-weight", "font-family", "letter-spacing", "text-anchor", "paint-order", "display"];
const USUAL = { stroke: "none", "stroke-dasharray": "none", opacity: "1", "fill-opacity": "1", "stroke-linecap": "butt", "letter-spacing": "normal", "text-anchor": "start", "paint-order": "normal", display: "inline" };

/** The drawing as a document that needs no stylesheet: every shape has its looks as attributes. */
export function standalone(svg) {
  const copy = svg.cloneNode(true);
  const [from, to] = [svg, copy].map((root) => [...root.querySelectorAll("*")]);
  for (const [i, element] of from.entries()) {
    const style = getComputedStyle(element);
    const letters = element.tagName === "text";
    for (const name of PROPERTIES) {
      const value = style.getPropertyValue(name);
      if (!value || USUAL[name] === value || (!letters && /^(font|letter|text)/.test(name))) continue;
      to[i].setAttribute(name, value);
    }
    if (/\bstays-/.test(element.getAttribute("class"))) to[i].removeAttribute("transform");
    for (const name of ["class", "tabindex"]) to[i].removeAttribute(name);
  }
  for (const link of copy.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  const ground = document.createElementNS(NS, "rect");
  const [, , width, height] = copy.getAttribute("viewBox").split(" ");
  for (const [k, v] of Object.entries({ width, height, fill: getComputedStyle(svg.closest(".drawing")).backgroundColor })) ground.setAttribute(k, v);
  copy.prepend(ground);
  for (const name of ["class", "data-testid"]) copy.removeAttribute(name);
  copy.setAttribute("xmlns", NS);
  return new XMLSerializer().serializeToString(copy);
}

function save(svg, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([standalone(svg)], { type: "image/svg+xml" }));
  link.download = `${name}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
