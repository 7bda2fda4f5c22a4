import { threadName } from "../daemon/names.ts";

/** Gives threads their names: of those that bear the same, each has an index of its own. */
export class ThreadNames {
  readonly #taken = new Set<string>();

  /** Takes the name with the first index that is free. */
  take(daemon: string, task: string, name: string): string {
    for (let index = 0;; index++) {
      const thread = threadName(daemon, task, name, index);
      if (this.#taken.has(thread)) continue;
      this.#taken.add(thread);
      return thread;
    }
  }

  /** Gives a name back. */
  free(thread: string): void {
    this.#taken.delete(thread);
  }
}
