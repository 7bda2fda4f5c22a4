import { ThreadPool } from "./pool.ts";

/** The thread pools of a configuration. */
export class ThreadPools {
  readonly #pools = new Map<string, ThreadPool>();

  /** Takes over the limits of a configuration; threads that run go on. */
  set(limits: Readonly<Record<string, { max: number }>>): void {
    for (const [name, { max }] of Object.entries(limits)) {
      const pool = this.#pools.get(name);
      if (pool) pool.max = max;
      else this.#pools.set(name, new ThreadPool(max));
    }
  }

  /**
   * The pool of a name.
   *
   * @throws {Error} when there is none.
   */
  get(name: string): ThreadPool {
    const pool = this.#pools.get(name);
    if (pool) return pool;
    const names = [...this.#pools.keys()].join(", ");
    throw new Error(
      `There is no thread pool '${name}'; threadPools in the configuration has ${names}`,
    );
  }
}
