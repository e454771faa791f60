// What the browser tests put into every page before the page's own scripts: it looks, waits and measures, and changes
// nothing. A reload makes a new one, which is how the tests know that there was none.

window.probe = (() => {
  const el = (id) => document.querySelector(`[data-testid="${id}"]`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const text = (id) => el(id)?.innerText.trim() ?? "";

  /** Resolves with the first truthy value of `look`, asked after every change of the page; null after `ms`. */
  const until = (look, ms) =>
    new Promise((done) => {
      const ask = () => {
        let value = null;
        try {
          value = look();
        } catch {
          // What it looks at is not there yet.
        }
        if (value) finish(value);
      };
      const observer = new MutationObserver(ask);
      const often = setInterval(ask, 25); // for what changes without the document: a place, a focus, a style
      const late = setTimeout(() => finish(null), ms);
      const finish = (value) => {
        observer.disconnect();
        clearInterval(often);
        clearTimeout(late);
        done(value);
      };
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      ask();
    });

  /** Every sentence that the live region has said. */
  const said = [];
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes)
      if (target.closest?.('[data-testid="announcer"]'))
        for (const node of addedNodes) if (node.textContent) said.push(node.textContent);
  }).observe(document, { subtree: true, childList: true });

  /** What a pointer has to hit for an element: a radio button hides behind its label. */
  const face = (element) => (element.matches("input[type=radio]") ? element.closest("label") : element);

  /** Where the element was that was looked for last, and since when. */
  let rest = null;
  /** The middle of an element, once a click there would reach it, and it has lain still for a moment; else null. */
  const target = (id) => {
    const element = el(id);
    if (!element || element.disabled) return (rest = null);
    const shown = face(element);
    shown.scrollIntoView({ block: "nearest", behavior: "instant" });
    const { x, y, width, height } = shown.getBoundingClientRect();
    const at = [x + width / 2, y + height / 2];
    if (!shown.contains(document.elementFromPoint(...at))) return (rest = null);
    const place = [id, ...at].join();
    if (rest?.place !== place) rest = { place, since: performance.now() };
    return performance.now() - rest.since >= 20 ? at : null;
  };

  // What was aimed at may have moved before the click arrives, when something above it was loaded: such a click is kept
  // from whatever lies there now, so that it can be made again.
  let aimed = null;
  /** The target of a click that follows. */
  const aim = (id) => {
    const at = target(id);
    if (at) aimed = { shown: face(el(id)), missed: false };
    return at;
  };
  const guard = (event) => {
    if (!aimed || !event.isTrusted) return;
    if (event.type === "pointerdown") aimed.missed = !aimed.shown.contains(event.target);
    if (!aimed.missed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) addEventListener(kind, guard, { capture: true });
  /** Whether the click reached what it was aimed at. */
  const hit = () => {
    const { missed } = aimed ?? { missed: false };
    aimed = null;
    return !missed;
  };

  const match = () => {
    const { seat, state, seq, live } = el("match").dataset;
    return { seat: Number(seat), state, seq: Number(seq), live: live === "true" };
  };
  const moves = () => all('[data-testid="move"]').map((li) => ({ seq: Number(li.dataset.seq), move: li.dataset.move }));
  const cells = () => all('[data-testid^="cell-"]').map((cell) => `${cell.dataset.testid}: ${cell.getAttribute("aria-label")}`);

  /** All that can be pressed or filled in and is shown. */
  const controls = () =>
    all("a[href], button, input, select, textarea, [tabindex='0']").filter(
      (control) => !control.disabled && control.getClientRects().length > 0 && control.checkVisibility(), // not in closed details
    );

  /** The ms from the next click or key to the first frame with a pending piece on the board. */
  const timePending = () =>
    new Promise((done) => {
      let began = null;
      const start = (event) => (began ??= event.timeStamp);
      for (const kind of ["click", "keydown"]) addEventListener(kind, start, { capture: true, once: true });
      const observer = new MutationObserver(() => {
        if (began === null || !el("board").querySelector(".pending")) return;
        observer.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
      });
      observer.observe(document, { subtree: true, childList: true, attributes: true });
    });

  /** The ms from the next key to the first frame after it, where next to nothing is to be drawn: what the machine takes by itself. */
  const timeBare = () =>
    new Promise((done) => {
      const bare = (event) => {
        document.body.toggleAttribute("data-bare");
        requestAnimationFrame(() => done(performance.now() - event.timeStamp));
      };
      addEventListener("keydown", bare, { capture: true, once: true });
    });

  return { el, all, text, until, said, face, target, aim, hit, match, moves, cells, controls, timePending, timeBare };
})();
