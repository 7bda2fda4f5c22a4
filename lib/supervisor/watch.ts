import type { Clock } from "../base/mod.ts";
import type { Beat, Pulse } from "../daemon/pulse.ts";
import { type MemoryVigil, watchGrowth, watchMemory } from "./memory.ts";
import { type HealthPolicy, judge, NEW_VIGIL, type Verdict, type Vigil } from "./health.ts";

/** The longest time from one look to the next, ms. */
const LOOK_EVERY = 1_000;

/** A thread that is watched. */
export interface Watched {
  /** Its signs of life. */
  pulse: Pulse;
  /** What it is held to. */
  policy: HealthPolicy;
  /** Whether its daemon has begun to work. */
  isRunning: () => boolean;
  /** Asks it for a sign of life at once. */
  call: () => void;
  /** Told what a look has shown. */
  onLook: (verdict: Verdict, beat: Beat) => void;
}

/** The time from one look to the next while memory goes fast, ms. */
const ALARMED_LOOK_EVERY = 250;

/** A thread is young until its daemon has worked for so long, ms: by then its memory is known. */
const YOUTH = 10_000;

/** What is remembered of a thread. */
interface Look {
  vigil: Vigil;
  /** How long its daemon has worked, ms, as far as the agent itself was awake. */
  worked: number;
}

/** What a thread's own start adds to the process's memory, bytes: that many at once is nobody's greed. */
const THREAD_SHARE = 32 * 1024 * 1024;

/** Looks at the signs of life of all threads in turn; one timer serves them all. */
export class Watch {
  readonly #clock: Clock;
  readonly #rss: () => number;
  readonly #looks = new Map<Watched, Look>();
  #memory: MemoryVigil<Watched> = { calm: Infinity };
  /** Resident bytes when all were last asked what they hold, or before there were any. */
  #told = Infinity;
  #stop = new AbortController();

  /**
   * It sleeps as long as there is nobody to watch.
   *
   * @param rss gives the resident bytes of the process.
   */
  constructor(clock: Clock, rss: () => number = () => Deno.memoryUsage().rss) {
    this.#clock = clock;
    this.#rss = rss;
  }

  /** Watches a thread until the function returned is called. */
  add(thread: Watched): () => void {
    this.#looks.set(thread, { vigil: NEW_VIGIL, worked: 0 });
    this.#memory = { ...this.#memory, calm: this.#memory.calm + THREAD_SHARE };
    if (this.#looks.size === 1) {
      this.#told = this.#rss();
      void this.#keep();
    }
    return () => {
      this.#looks.delete(thread);
      if (this.#looks.size === 0) this.#stop.abort();
    };
  }

  async #keep(): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    for (let last = this.#clock.now(); !signal.aborted;) {
      const interval = this.#interval();
      await this.#clock.sleep(interval, signal).catch(() => {});
      if (signal.aborted) return;
      const now = this.#clock.now();
      this.#look(awake(now - last, interval));
      this.#lookAtMemory(interval / Math.max(interval, now - last));
      last = now;
    }
  }

  #look(elapsed: number): void {
    for (const [thread, look] of this.#looks) {
      const beat = thread.pulse.read();
      const judged = judge(thread.policy, look.vigil, beat, thread.isRunning(), elapsed);
      look.vigil = judged.vigil;
      if (thread.isRunning()) look.worked += elapsed;
      thread.onLook(judged.verdict, beat);
    }
  }

  #lookAtMemory(promptness: number): void {
    if (this.#looks.size === 0) return;
    const threads = new Map([...this.#looks].map(([thread, { worked }]) => [thread, {
      beats: thread.pulse.read().count,
      memoryLimit: thread.policy.memoryLimit,
      running: thread.isRunning(),
      young: worked < YOUTH,
    }]));
    const rss = this.#rss();
    const { vigil, call, culprits } = watchMemory(this.#memory, rss, threads, promptness);
    const { told, ask } = watchGrowth(this.#told, rss, threads.values());
    this.#memory = vigil;
    this.#told = told;
    if (call || ask) { for (const thread of threads.keys()) thread.call(); }
    for (const thread of culprits) thread.onLook("hoarding", thread.pulse.read());
  }

  /** Often enough for the most impatient of them. */
  #interval(): number {
    const shortest = Math.min(...[...this.#looks.keys()].map(({ policy }) => policy.frozenAfter));
    const longest = this.#memory.called ? ALARMED_LOOK_EVERY : LOOK_EVERY;
    return Math.min(longest, Math.max(20, shortest / 4));
  }
}

/**
 * How much of the time between two looks counts. A look that comes late, since the machine slept, the process
 * was held, or the agent itself was busy, shows nothing about the threads: they had no chance to beat either.
 */
export function awake(elapsed: number, interval: number): number {
  return Math.min(elapsed, 2 * interval);
}
