import { describe } from "./value_kinds.ts";

/** What a write changed in a map. */
export interface Change<K extends string = string, V = unknown> {
  /** The map's path, such as `Daemons.disk_watch.Drives`. */
  readonly path: string;
  /** The key that was written. */
  readonly key: K;
  /** What the key held before; undefined where it held nothing. */
  readonly old: V | undefined;
  /** What it holds now; undefined when it was deleted. */
  readonly value: V | undefined;
  /** Whether the key was deleted. */
  readonly deleted: boolean;
  /** The thread that wrote; of what came with a snapshot the main thread, since it keeps no writers. */
  readonly writer: string;
}

/** Tells listeners what changed, once a write or a message has been dealt with in full. */
export class Changes {
  readonly #listeners = new Set<{ path: string | undefined; call: (change: Change) => void }>();
  readonly #onProblem: (problem: string) => void;
  #waiting: Change[] = [];
  #isTelling = false;

  constructor(onProblem: (problem: string) => void) {
    this.#onProblem = onProblem;
  }

  /** Whether anybody listens to this map. */
  isHeard(path: string): boolean {
    return this.#listeners.values().some((listener) => hears(listener, path));
  }

  /** Calls `listener` for each change of one map, or of all for undefined. Returns an unsubscribe function. */
  listen(path: string | undefined, call: (change: Change) => void): () => void {
    const listener = { path, call };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Notes a change; {@linkcode tell} calls the listeners. */
  note(change: Change): void {
    this.#waiting.push(change);
  }

  /** Tells the listeners what was noted, in order; changes that a listener makes follow after that. */
  tell(): void {
    if (this.#isTelling || this.#waiting.length === 0) return;
    this.#isTelling = true;
    while (this.#waiting.length > 0) {
      const changes = this.#waiting;
      this.#waiting = [];
      for (const change of changes) this.#tellOne(change);
    }
    this.#isTelling = false;
  }

  #tellOne(change: Change): void {
    for (const listener of this.#listeners) {
      if (!hears(listener, change.path)) continue;
      try {
        listener.call(change);
      } catch (error) {
        this.#onProblem(`A listener to ${change.path} failed: ${describe(error)}`);
      }
    }
  }
}

function hears(listener: { path: string | undefined }, path: string): boolean {
  return listener.path === undefined || listener.path === path;
}

/**
 * The changes of one map from now on. A watcher that is behind gets the changes of one key as one, from
 * the oldest value that it has not seen to the newest: what waits for it never exceeds the number of keys.
 */
export function watch(
  changes: Changes,
  path: string,
  signal?: AbortSignal,
): AsyncIterableIterator<Change> {
  const waiting = new Map<string, Change>();
  let wake = Promise.withResolvers<void>();
  const stopListening = changes.listen(path, (change) => {
    const { old } = waiting.get(change.key) ?? change;
    waiting.set(change.key, { ...change, old });
    wake.resolve();
  });
  const stop = () => {
    stopListening();
    wake.resolve();
  };
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  return take();

  async function* take(): AsyncGenerator<Change> {
    try {
      while (!signal?.aborted) {
        const [first] = waiting;
        if (first) {
          waiting.delete(first[0]);
          yield first[1];
        } else {
          wake = Promise.withResolvers();
          await wake.promise;
        }
      }
    } finally {
      stop();
      signal?.removeEventListener("abort", stop);
    }
  }
}
