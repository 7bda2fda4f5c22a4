import type { Change, Watch } from "./view/change.ts";
import type { StateReader } from "./view/read.ts";

const EVERY = 250;

/** Watches a state by looking at it; only while somebody listens. */
export function watchState(state: StateReader): Watch {
  const listeners = new Set<(change: Change) => void>();
  let seen = new Map<string, Map<string, unknown>>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const copy = () => new Map(state.paths().map((path) => [path, new Map(state.map(path))]));
  const look = () => {
    const now = copy();
    for (const [map, entries] of now) {
      const before = seen.get(map);
      for (const [key, value] of entries) {
        if (before?.get(key) !== value) { for (const l of listeners) l({ map, key, value }); }
      }
      for (const key of before?.keys() ?? []) {
        if (!entries.has(key)) { for (const l of listeners) l({ map, key }); }
      }
    }
    seen = now;
  };
  return (listener) => {
    listeners.add(listener);
    if (timer === undefined) seen = copy();
    timer ??= setInterval(look, EVERY);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}
