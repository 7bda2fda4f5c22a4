import { delay } from "@std/async/delay";

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
