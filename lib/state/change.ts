import type { Flag } from "./table.ts";

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
  /** Whether the key is gone. */
  readonly deleted: boolean;
  /** The thread that wrote. */
  readonly writer: string;
}

/** Tells whoever listens what changed, once a write or a message has been dealt with in full. */
export class Changes {
  readonly #listeners = new Map<string | undefined, Set<(change: Change) => void>>();
  readonly #flagListeners = new Set<(path: string, flag: Flag) => void>();
  readonly #onProblem: (problem: string) => void;
  #waiting: Change[] = [];
  #isTelling = false;

  constructor(onProblem: (problem: string) => void) {
    this.#onProblem = onProblem;
  }

  /** Whether anybody listens to this map. */
  isHeard(path: string): boolean {
    return this.#listeners.size > 0 &&
      (this.#listeners.has(undefined) || this.#listeners.has(path));
  }

  /** Calls `listener` for each change of one map, or of all; the answer is how to stop that. */
  listen(path: string | undefined, listener: (change: Change) => void): () => void {
    const call = (change: Change) => listener(change);
    const listeners = this.#listeners.get(path) ?? new Set();
    this.#listeners.set(path, listeners.add(call));
    return () => {
      listeners.delete(call);
      if (listeners.size === 0 && this.#listeners.get(path) === listeners) {
        this.#listeners.delete(path);
      }
    };
  }

  /** Calls `listener` when something is declared about a map. */
  listenToFlags(listener: (path: string, flag: Flag) => void): () => void {
    this.#flagListeners.add(listener);
    return () => this.#flagListeners.delete(listener);
  }

  /** Notes a change; {@linkcode tell} makes it known. */
  note(change: Change): void {
    if (!Object.is(change.old, change.value) || change.deleted) this.#waiting.push(change);
  }

  /** Makes known that something was declared. */
  noteFlag(path: string, flag: Flag): void {
    for (const listener of this.#flagListeners) listener(path, flag);
  }

  /** Makes known what was noted, in order. What a listener writes meanwhile is told after. */
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
    for (const path of [change.path, undefined]) {
      for (const listener of this.#listeners.get(path) ?? []) {
        try {
          listener(change);
        } catch (error) {
          this.#onProblem(`A listener to ${change.path} failed: ${describe(error)}`);
        }
      }
    }
  }
}

function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an error that has no words";
  }
}
