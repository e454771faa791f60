/** Asking the server for something that a part of the page shows. */

import { useEffect, useState } from "../../vendor/htm-preact.js";

/**
 * @param {() => Promise<T>} ask asked again whenever one of `keys` changes
 * @returns {{data: T|null, problem: Error|null, retry: () => void}} both null while it is asked for the first time
 */
export function useQuery(ask, keys) {
  const [state, setState] = useState({ data: null, problem: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    setState({ data: null, problem: null });
    ask().then(
      (data) => gone || setState({ data, problem: null }),
      (problem) => gone || setState({ data: null, problem }),
    );
    return () => (gone = true);
  }, [...keys, attempt]);
  return { ...state, retry: () => setAttempt(attempt + 1) };
}
