import type { Clock } from "./clock.ts";

/** A rhythm that is waited for, beat by beat. */
export interface Ticks {
  /**
   * Resolves at the next beat with how late that is, ms. Beats that have gone by are left out.
   *
   * @throws {unknown} the signal's reason, as soon as that is aborted.
   */
  next(): Promise<number>;
  /** Ends the rhythm. */
  stop(): void;
}

/** Where timers come from. */
export interface Timers<T> {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** As the global function. */
  setTimeout(run: () => void, ms: number): T;
  /** As the global function. */
  setInterval(run: () => void, ms: number): T;
  /** Ends either. */
  clear(timer: T | undefined): void;
}

const SYSTEM_TIMERS: Timers<ReturnType<typeof setTimeout>> = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  setInterval: (run, ms) => setInterval(run, ms),
  clear: (timer) => clearTimeout(timer),
};

/** A timer that is so far off its rhythm, ms, or by half a beat, is set anew. */
const SLACK = 20;

/**
 * When a rhythm of `interval` ms beats next. Beats that went by are left out, and the rhythm is kept.
 *
 * @param last when the last beat was due, ms.
 * @param now the time, ms; may be a little before `last`, since timers may fire early.
 */
export function nextBeat(last: number, interval: number, now: number): number {
  const missed = Math.max(0, Math.floor((now - last) / interval));
  return last + (missed + 1) * interval;
}

/** A rhythm whose every beat is a sleep of its own. */
export function sleepTicks(
  clock: Pick<Clock, "now" | "sleep">,
  interval: number,
  signal: AbortSignal,
): Ticks {
  let due = clock.now();
  return {
    async next() {
      due = nextBeat(due, interval, clock.now());
      await clock.sleep(due - clock.now(), signal);
      return clock.now() - due;
    },
    stop: () => {},
  };
}

/**
 * A rhythm on one timer that repeats: it costs far less than a timer for each beat. The timer counts from when it fired
 * and not from when it was due, and so it lags behind and is set anew now and then.
 */
export class TimerTicks<T = ReturnType<typeof setTimeout>> implements Ticks {
  readonly #interval: number;
  readonly #signal: AbortSignal;
  readonly #timers: Timers<T>;
  #due: number;
  /** When the timer fires next, ms. */
  #fires = -Infinity;
  #timer: T | undefined;
  #waiting: PromiseWithResolvers<number> | undefined;

  /** It begins now; the first beat is due after `interval` ms, which is no more than a timer can be set to. */
  constructor(
    interval: number,
    signal: AbortSignal,
    timers: Timers<T> = SYSTEM_TIMERS as unknown as Timers<T>,
  ) {
    this.#interval = interval;
    this.#signal = signal;
    this.#timers = timers;
    this.#due = timers.now();
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** See {@linkcode Ticks}. */
  next(): Promise<number> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    const now = this.#timers.now();
    this.#due = nextBeat(this.#due, this.#interval, now);
    if (Math.abs(this.#fires - this.#due) > Math.min(SLACK, this.#interval / 2)) this.#set(now);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** See {@linkcode Ticks}. */
  stop(): void {
    this.#timers.clear(this.#timer);
    this.#signal.removeEventListener("abort", this.#abort);
  }

  #set(now: number): void {
    this.#timers.clear(this.#timer);
    this.#fires = this.#due;
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = this.#timers.setInterval(this.#fire, this.#interval);
      this.#fire();
    }, this.#due - now);
  }

  readonly #fire = (): void => {
    const now = this.#timers.now();
    this.#fires = now + this.#interval;
    this.#waiting?.resolve(now - this.#due);
    this.#waiting = undefined;
  };

  readonly #abort = (): void => {
    this.#timers.clear(this.#timer);
    this.#waiting?.reject(this.#signal.reason);
  };
}
