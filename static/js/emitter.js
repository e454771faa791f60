/**
 * Emitter: the one way in which state tells the page that it changed.
 *
 * Listeners run synchronously, in the order in which they subscribed. A listener may unsubscribe itself or others
 * while it runs.
 */
export class Emitter {
  #listeners = new Map();

  /** Subscribes to a kind of news and returns the function that ends the subscription. */
  on(kind, listener) {
    const of = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, of);
    of.add(listener);
    return () => of.delete(listener);
  }

  /** Tells every listener of that kind. */
  emit(kind, ...news) {
    for (const listener of [...(this.#listeners.get(kind) ?? [])]) listener(...news);
  }
}
