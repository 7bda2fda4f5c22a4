import { delay } from "@std/async/delay";

/**
 * The source of time. Everything that waits is given a clock, so that a test moves time by hand.
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
  /** Calls `run` after `ms` milliseconds; returns a function that cancels it. Cheaper than a sleep with a signal. */
  after(ms: number, run: () => void): () => void;
  /** A tick every `interval` ms, the first one interval from now. */
  ticks(interval: number, signal: AbortSignal): Ticks;
}

/** Ticks at an interval. */
export interface Ticks {
  /**
   * Resolves at the next tick with how late that is, ms. Missed ticks are left out.
   *
   * @throws {unknown} the signal's reason, as soon as that is aborted.
   */
  next(): Promise<number>;
  /** Ends the ticks. */
  stop(): void;
}

/** The source of timers. */
export interface Timers {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls `run` after `ms` milliseconds; returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every `ms` milliseconds, each counted from the last call; returns a function that ends it. */
  every(ms: number, run: () => void): () => void;
}

/** Taken when this is loaded: a daemon that is loaded later may replace the globals. */
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;

/** A timer that is set to more runs at once, ms. */
const LONGEST = 2 ** 31 - 1;

/** The timers of the runtime. */
export const systemTimers: Timers = {
  now: performance.now.bind(performance),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};

/** A timer that is off by more than this, ms, or by half an interval, is set again. */
const SLACK = 20;

/**
 * When the next tick is due, ms. Missed ticks are left out; the others keep their times.
 *
 * @param last when the last tick was due, ms.
 * @param now the time, ms; may be a little before `last`, since timers may fire early.
 */
export function nextBeat(last: number, interval: number, now: number): number {
  const missed = Math.max(0, Math.floor((now - last) / interval));
  return last + (missed + 1) * interval;
}

/** Ticks of which each is a sleep. */
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
 * Ticks of one repeating timer, which costs far less than a timer for each tick. Such a timer counts from when it fired,
 * not from when it was due: it falls behind, and is set again from time to time.
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

  /** The first tick is due in `interval` ms, at most 2^31 - 1. */
  constructor(
    interval: number,
    signal: AbortSignal,
    timers: Timers = systemTimers,
  ) {
    this.#interval = interval;
    this.#signal = signal;
    this.#timers = timers;
    this.#due = timers.now();
    signal.addEventListener("abort", this.#abort);
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

/** Longer intervals, ms, gain nothing by a repeating timer. */
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
 * A clock that moves only when a test advances it.
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

  /** @param settle lets the code run that waited for a sleep. Default: a turn of the event loop. */
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
    signal?.addEventListener("abort", abort);
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
