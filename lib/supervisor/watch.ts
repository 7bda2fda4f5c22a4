import type { Clock } from "../clock.ts";
import type { Beat, Pulse } from "../daemon/pulse.ts";
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
  /** Told what a look has shown. */
  onLook: (verdict: Verdict, beat: Beat) => void;
}

/** Looks at the signs of life of all threads in turn; one timer serves them all. */
export class Watch {
  readonly #clock: Clock;
  readonly #looks = new Map<Watched, { vigil: Vigil }>();
  #stop = new AbortController();

  /** It sleeps as long as there is nobody to watch. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches a thread until the function returned is called. */
  add(thread: Watched): () => void {
    this.#looks.set(thread, { vigil: NEW_VIGIL });
    if (this.#looks.size === 1) void this.#keep();
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
      last = now;
    }
  }

  #look(elapsed: number): void {
    for (const [thread, look] of this.#looks) {
      const beat = thread.pulse.read();
      const judged = judge(thread.policy, look.vigil, beat, thread.isRunning(), elapsed);
      look.vigil = judged.vigil;
      thread.onLook(judged.verdict, beat);
    }
  }

  /** Often enough for the most impatient of them. */
  #interval(): number {
    const shortest = Math.min(...[...this.#looks.keys()].map(({ policy }) => policy.frozenAfter));
    return Math.min(LOOK_EVERY, Math.max(20, shortest / 4));
  }
}

/**
 * How much of the time between two looks counts. A look that comes late, since the machine slept, the process
 * was held, or the agent itself was busy, shows nothing about the threads: they had no chance to beat either.
 */
export function awake(elapsed: number, interval: number): number {
  return Math.min(elapsed, 2 * interval);
}
