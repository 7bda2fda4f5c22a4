import type { Clock } from "../base/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import type { ThreadPool } from "./pool.ts";

/** After so long a wait for a place in a pool it is said, ms. */
export const PLACE_PATIENCE = 10_000;

/** Where a place is, and what it takes to wait for it. */
export interface PlaceParts {
  /** The name of the pool. */
  name: string;
  pool: ThreadPool;
  clock: Clock;
  log: WriteLog;
  /** Aborted when the thread is to stop. */
  signal: AbortSignal;
  /** Told that it waits for the place. */
  onWaiting: () => void;
}

/** A thread's place in its pool. Who is to run again in a moment keeps it: another would not give it back. */
export class Place implements Disposable {
  readonly #parts: PlaceParts;
  #leave: (() => void) | undefined;

  /** It is not taken yet. */
  constructor(parts: PlaceParts) {
    this.#parts = parts;
  }

  /**
   * Takes it, unless it is kept; that many wait for long is said once.
   *
   * @throws {unknown} the signal's reason, when it is aborted while waiting.
   */
  async take(): Promise<void> {
    if (this.#leave) return;
    const { pool, clock, signal, onWaiting } = this.#parts;
    const taken = new AbortController();
    onWaiting();
    clock.sleep(PLACE_PATIENCE, taken.signal).then(() => this.#complain(), () => {});
    try {
      this.#leave = await pool.enter(signal);
    } finally {
      taken.abort();
    }
  }

  /** Gives it to whoever waits. */
  leave(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  /** The same as {@linkcode leave}. */
  [Symbol.dispose](): void {
    this.leave();
  }

  #complain(): void {
    const { name, pool, log } = this.#parts;
    const waiting = pool.takeWaiting();
    if (waiting === 0) return;
    agentLog(log).warning(
      `${waiting} ${
        waiting === 1 ? "thread waits" : "threads wait"
      } for a place in pool ${name} (max ${pool.max}) and do nothing until one is free; threadPools.${name}.max in the configuration gives more`,
    );
  }
}
