import type { Change, Changes } from "./change.ts";

/**
 * The changes of one map, or of all, from now on. A watcher that is behind gets the changes of one key as one, from
 * the oldest value that it has not seen to the newest: what waits for it never exceeds the number of keys.
 */
export function watch(
  changes: Changes,
  path: string | undefined,
  signal?: AbortSignal,
): AsyncIterableIterator<Change> {
  const waiting = new Map<string, Change>();
  let wake = Promise.withResolvers<void>();
  let isDone = false;
  const stopListening = changes.listen(path, (change) => {
    const name = `${change.path}\n${change.key}`;
    const earlier = waiting.get(name);
    waiting.set(name, earlier ? { ...change, old: earlier.old } : change);
    wake.resolve();
  });
  const stop = () => {
    isDone = true;
    waiting.clear();
    stopListening();
    signal?.removeEventListener("abort", stop);
    wake.resolve();
  };
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  return {
    async next() {
      while (true) {
        for (const [name, change] of waiting) {
          waiting.delete(name);
          return { done: false, value: change };
        }
        if (isDone) return { done: true, value: undefined };
        const { promise } = wake;
        await promise;
        if (wake.promise === promise && !isDone) wake = Promise.withResolvers<void>();
      }
    },
    return() {
      stop();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
