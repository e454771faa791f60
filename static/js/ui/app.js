/** What every part of the page can reach, and the hook that redraws a part when state tells news. */

import { createContext, useContext, useLayoutEffect, useReducer } from "../../vendor/htm-preact.js";

/** {client, session, announcer, notices, quick, reloader, router, sounds}: made once by main.js. */
export const App = createContext(null);

export const useApp = () => useContext(App);

/**
 * Redraws the calling component on each piece of that news. It listens from the moment it is drawn (a layout effect):
 * an ordinary effect runs a frame later, and what the server says in between would not be shown.
 */
export function useNews(emitter, kind = "change") {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => emitter?.on(kind, redraw), [emitter, kind]);
}
