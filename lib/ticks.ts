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
export interface Timers {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls `run` after `ms` milliseconds; the answer cancels that. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every `ms` milliseconds, each counted from the last call; the answer ends that. */
  every(ms: number, run: () => void): () => void;
}

/** Taken when this is loaded: what is loaded later may do with the globals what it likes. */
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;

/** The real ones. */
export const systemTimers: Timers = {
  now: performance.now.bind(performance),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
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
export class TimerTicks implements Ticks {
  readonly #interval: number;
  readonly #signal: AbortSignal;
  readonly #timers: Timers;
  #due: number;
  /** When the timer fires next, ms. */
  #fires = -Infinity;
  #cancel = () => {};
  #waiting: PromiseWithResolvers<number> | undefined;

  /** It begins now; the first beat is due after `interval` ms, which is no more than a timer can be set to. */
  constructor(
    interval: number,
    signal: AbortSignal,
    timers: Timers = systemTimers,
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
    this.#cancel();
    this.#signal.removeEventListener("abort", this.#abort);
  }

  #set(now: number): void {
    this.#cancel();
    this.#fires = this.#due;
    this.#cancel = this.#timers.after(this.#due - now, () => {
      this.#cancel = this.#timers.every(this.#interval, this.#fire);
      this.#fire();
    });
  }

  readonly #fire = (): void => {
    const now = this.#timers.now();
    this.#fires = now + this.#interval;
    this.#waiting?.resolve(now - this.#due);
    this.#waiting = undefined;
  };

  readonly #abort = (): void => {
    this.#cancel();
    this.#waiting?.reject(this.#signal.reason);
  };
}
