import type { Clock } from "../base/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";

/** Whose thread it is that enters a pool: a daemon's own, or a child. */
export type PoolUser = "daemon" | "child";

/**
 * A thread pool: a limit on how many threads run at once. Those above it wait, daemons' own threads before children, and
 * in order. Children leave as many slots free as there are daemons that have reserved one.
 */
export class ThreadPool {
  #max: number;
  #reserved = 0;
  readonly #running: Record<PoolUser, number> = { daemon: 0, child: 0 };
  readonly #waiting: Record<PoolUser, Set<() => void>> = { daemon: new Set(), child: new Set() };
  #isReported = false;

  /** @param max how many may run at once, 1 or more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many may run at once. */
  get max(): number {
    return this.#max;
  }

  /** Sets it. Where more run than a lower limit allows, all of them end in their own time. */
  set max(max: number) {
    this.#max = max;
    this.#admit();
  }

  /** Keeps one more slot free of children, for the own thread of a daemon. Returns what ends that. */
  reserve(): () => void {
    this.#reserved++;
    return once(() => {
      this.#reserved--;
      this.#admit();
    });
  }

  /** How many wait, once for as long as anybody does; after that 0. */
  takeWaiting(): number {
    if (this.#isReported) return 0;
    this.#isReported = true;
    return this.#waiting.daemon.size + this.#waiting.child.size;
  }

  /**
   * Resolves when there is a slot, with what gives it back.
   *
   * @throws {unknown} the signal's reason, when it is aborted while waiting.
   */
  async enter(signal: AbortSignal, user: PoolUser = "child"): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiting[user].size === 0 && this.#hasSlot(user)) this.#running[user]++;
    else await this.#wait(signal, user);
    return once(() => {
      this.#running[user]--;
      this.#admit();
    });
  }

  #hasSlot(user: PoolUser): boolean {
    const { daemon, child } = this.#running;
    if (daemon + child >= this.#max) return false;
    return user === "daemon" || child + Math.max(daemon, this.#reserved) < this.#max;
  }

  #wait(signal: AbortSignal, user: PoolUser): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting[user];
    const cancel = () => {
      waiting.delete(admit);
      reject(signal.reason);
    };
    const admit = () => {
      signal.removeEventListener("abort", cancel);
      resolve();
    };
    signal.addEventListener("abort", cancel, { once: true });
    if (this.#waiting.daemon.size + this.#waiting.child.size === 0) this.#isReported = false;
    waiting.add(admit);
    return promise;
  }

  /** Lets in those who have waited longest. */
  #admit(): void {
    for (const user of ["daemon", "child"] as const) {
      for (const admit of this.#waiting[user]) {
        if (!this.#hasSlot(user)) break;
        this.#waiting[user].delete(admit);
        this.#running[user]++;
        admit();
      }
    }
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

/** The thread pools of a configuration. */
export class ThreadPools {
  readonly #pools = new Map<string, ThreadPool>();

  /** Puts the limits of a configuration into force; threads that run go on. */
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

/** After such a wait for a slot in a pool it is logged, ms. */
const POOL_PATIENCE = 10_000;

/**
 * Resolves when there is a slot in the pool of a name, with what gives it back. That threads wait for long is logged once.
 *
 * @throws {Error} when there is no such pool.
 * @throws {unknown} the signal's reason, when it is aborted while waiting.
 */
export async function takeSlot(
  name: string,
  user: PoolUser,
  { pools, clock, log, signal }: {
    pools: ThreadPools;
    clock: Clock;
    log: WriteLog;
    signal: AbortSignal;
  },
): Promise<() => void> {
  const pool = pools.get(name);
  const cancel = clock.after(POOL_PATIENCE, () => {
    const waiting = pool.takeWaiting();
    if (waiting === 0) return;
    const [threads, idle] = waiting === 1
      ? ["1 thread waits", "does"]
      : [`${waiting} threads wait`, "do"];
    agentLog(log).warning(
      `${threads} for a place in pool ${name} (max ${pool.max}) and ${idle} nothing until one is free; threadPools.${name}.max in the configuration gives more`,
    );
  });
  try {
    return await pool.enter(signal, user);
  } finally {
    cancel();
  }
}
