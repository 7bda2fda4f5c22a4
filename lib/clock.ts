import { delay } from "@std/async/delay";
import { sleepTicks, systemTimers, type Ticks, TimerTicks } from "./ticks.ts";

/**
 * Where the project takes its time from. Everything that waits is handed a clock, so that a test moves
 * time by hand.
 */
export interface Clock {
  /** Milliseconds on a monotonic clock with an arbitrary origin; never runs backwards. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds.
   *
   * @throws {unknown} the signal's reason, as soon as `signal` is aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` after `ms` milliseconds; the answer cancels that. It costs less than a sleep with a signal. */
  after(ms: number, run: () => void): () => void;
  /** A rhythm of `interval` ms that begins now; its first beat is one interval away. */
  ticks(interval: number, signal: AbortSignal): Ticks;
}

/** Above that a rhythm gains nothing by a timer that repeats, which cannot be set to more than 2^31 - 1 ms either. */
const LONG_INTERVAL = 3_600_000;

/** The real clock: `performance.now()` and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, signal ? { signal } : {}),
  after: systemTimers.after,
  ticks: (interval, signal) =>
    interval > LONG_INTERVAL
      ? sleepTicks(systemClock, interval, signal)
      : new TimerTicks(interval, signal),
};

interface Sleeper {
  at: number;
  wake: () => void;
}

/**
 * A clock that stands still until it is told to move.
 *
 * @example
 * ```ts
 * const clock = new ManualClock();
 * const slept = clock.sleep(5000);
 * await clock.advance(5000);
 * await slept;
 * ```
 */
export class ManualClock implements Clock {
  readonly #settle: () => Promise<void>;
  #now = 0;
  #sleepers: Sleeper[] = [];

  /** @param settle lets what a sleeper's end woke run; a turn of the event loop unless told. */
  constructor(settle: () => Promise<void> = turn) {
    this.#settle = settle;
  }

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** When the next sleep ends, ms; undefined when none is under way. */
  get nextWake(): number | undefined {
    return this.#next(Infinity)?.at;
  }

  /** Resolves once the clock was advanced by `ms`; rejects with the signal's reason on abort. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.after(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    return promise;
  }

  /** Calls `run` once the clock was advanced by `ms`; the answer cancels that. */
  after(ms: number, run: () => void): () => void {
    const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), wake: run };
    this.#sleepers.push(sleeper);
    return () => this.#drop(sleeper);
  }

  /** See {@linkcode Clock}. */
  ticks(interval: number, signal: AbortSignal): Ticks {
    return sleepTicks(this, interval, signal);
  }

  /**
   * Moves time forward by `ms`, waking each sleeper at its own time, in order, and letting what it woke run
   * before the next: a loop that sleeps again within the span is woken again.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#drop(next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await this.#settle();
    }
    this.#now = end;
    await this.#settle();
  }

  #drop(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
  }

  #next(end: number): Sleeper | undefined {
    return this.#sleepers.filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets pending promise reactions run: a turn of the event loop drains every microtask queued by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
