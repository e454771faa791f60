/** What every part of the inspector can reach, and hooks that follow it. */

import { createContext, useContext, useEffect, useLayoutEffect, useReducer, useRef, useState } from "../vendor/htm-preact.js";
import { follow, get } from "./api.js";

/** {link, router, dialogs, say, definitions}: made once by main.js. */
export const App = createContext(null);

export const useApp = () => useContext(App);

/** Redraws the calling component on each piece of that news. */
export function useNews(emitter, kind = "change") {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => emitter.on(kind, redraw), [emitter, kind]);
}

/** Follows a stream while the component is shown; another key is another stream. Handlers may change. */
export function useFollow(key, path, handlers, told = {}) {
  const latest = useRef();
  latest.current = { path, handlers, told };
  useEffect(() => {
    if (key === null) return;
    const through = Object.fromEntries(Object.keys(handlers).map((event) => [event, (value) => latest.current.handlers[event](value)]));
    return follow(() => latest.current.path(), through, {
      up: () => latest.current.told.up?.(),
      down: () => latest.current.told.down?.(),
    });
  }, [key]);
}

/**
 * What to do when a stream fails: it does not say why it was refused, but the address of what it is about does. Sets the
 * `problem` of a state, and comes to `true` where there is nothing (any more), so that nobody asks again.
 */
export function useWhy(path, set) {
  const asking = useRef(false);
  return async () => {
    if (asking.current) return false;
    asking.current = true;
    const problem = await get(path).then(() => null, (refused) => refused);
    asking.current = false;
    if (problem?.status) set((had) => ({ ...had, problem }));
    return problem?.status === 404;
  };
}

/** Asks once, and again when the path, or what the answer depends on, changes: [value, problem]. */
export function useAsked(path, on) {
  const [state, set] = useState({ value: null, problem: null });
  useEffect(() => {
    if (path === null) return;
    let over = false;
    get(path).then(
      (value) => over || set({ value, problem: null }),
      (problem) => over || set((had) => ({ value: had.value, problem })),
    );
    return () => (over = true);
  }, [path, on]);
  return [state.value, state.problem];
}

/** Redraws every so many ms while `on`, for what grows by itself. */
export function useTicking(on, every = 1000) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(() => document.hidden || redraw(), every);
    return () => clearInterval(timer);
  }, [on, every]);
}

/** The size of a letter M in px: very large with a projector. Redraws when it or the window changes. */
export function useType() {
  const [size, set] = useState(measured);
  useEffect(() => {
    const look = () => set(measured());
    const observer = new MutationObserver(look);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-size"] });
    addEventListener("resize", look);
    return () => {
      observer.disconnect();
      removeEventListener("resize", look);
    };
  }, []);
  return size;
}

const measured = () => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
