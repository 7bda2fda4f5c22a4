import {
  abortWith,
  attempt,
  type Clock,
  counted,
  formatDuration,
  parseDuration,
  within,
} from "../base/mod.ts";
import type { DaemonContext } from "./context.ts";

/** A time: ms, or a duration such as `500ms`, `5s` or `2m`. */
export type Span = number | string;

/** When `context.every` calls. */
export interface EveryOptions {
  /** Each beat is later by a random time up to this, so that many hosts do not all ask at once. Default: 0. */
  jitter?: Span;
  /** Whether the first beat is at once, and not after the first interval. Default: true. */
  immediate?: boolean;
}

/** How often and when `context.retry` tries; named as in the Deno standard library. */
export interface RetryOptions {
  /** How often it is tried in all. Default: 5. */
  maxAttempts?: number;
  /** The wait after the first failure. Default: 1 s. */
  minTimeout?: Span;
  /** The longest wait. Default: 1 min. */
  maxTimeout?: Span;
  /** How many times longer each wait is than the one before. Default: 2. */
  multiplier?: number;
  /** How much of a wait is random, 0 to 1. Default: 1. */
  jitter?: number;
  /** Whether an error is worth another attempt. Default: every one is. */
  isRetriable?: (error: unknown) => boolean;
}

/** Which times `context.cron` means. */
export interface CronOptions {
  /** Such as `Europe/Berlin` or `UTC`. Default: the host's. */
  timeZone?: string;
}

/** One call of what `context.cron` runs. */
export interface CronRun {
  /** When it was due. */
  due: Date;
  /** How many later runs were missed, since the host slept or its clock was set. */
  missed: number;
}

/** What `context.cron` runs. */
export type CronTask = (run: CronRun) => void | Promise<void>;

/** What the functions of time work with. */
export interface TimingParts {
  /** Where time comes from. */
  clock: Clock;
  /** Aborted when the daemon is to stop. */
  signal: AbortSignal;
  /** Gives a number from 0 to 1. */
  random: () => number;
  /** Whether beats are left out. */
  isPaused: () => boolean;
  /** The time of day, ms since the Unix epoch. */
  wall: () => number;
  /** The default time zone. Default: the host's. */
  timeZone?: string | undefined;
  /** Calls a function when a time limit is over, ms; returns what cancels that. Default: that of the clock. */
  limit?: Clock["after"] | undefined;
  /** Takes a warning. */
  warn: (text: string) => void;
}

const EXPECTED_SPAN = "ms or a duration such as 500ms, 5s or 2m";

/** What a context offers to wait and to repeat; see {@linkcode DaemonContext}. */
export function createTiming(
  parts: TimingParts,
): Pick<DaemonContext, "now" | "sleep" | "every" | "cron" | "timeout" | "retry"> {
  const { clock, signal, random, isPaused } = parts;
  const { limit = (ms, run) => clock.after(ms, run) } = parts;
  return {
    now: () => clock.now(),
    sleep: async (span) => await clock.sleep(requireSpan("sleep", span), signal),
    every: (interval, beat, options) => every(parts, interval, beat, options),
    async cron(pattern: string, second: CronOptions | CronTask, third?: CronTask) {
      const [options, task] = typeof second === "function" ? [{}, second] : [second, third];
      if (typeof task !== "function") {
        throw new TypeError(`Cannot run cron(${show(pattern)}): expected a function`);
      }
      await cron(parts, pattern, options, (run) => isPaused() ? undefined : task(run));
    },
    async timeout(span, task) {
      const ms = requireSpan("timeout", span);
      const error = new DOMException(`Took longer than ${describeSpan(span)}`, "TimeoutError");
      const over = new AbortController();
      const leave = abortWith(over, [signal]);
      const cancel = limit(ms, () => over.abort(error));
      try {
        return await within(Promise.resolve(task(over.signal)), { signal: over.signal });
      } finally {
        cancel();
        leave();
      }
    },
    async retry(task, options = {}) {
      const { isRetriable = () => true, ...waits } = options;
      const { maxAttempts, waitAfter } = readRetry(waits, random);
      for (let attempt = 1;; attempt++) {
        try {
          return await task();
        } catch (error) {
          signal.throwIfAborted();
          if (attempt >= maxAttempts || !isRetriable(error)) throw error;
        }
        await clock.sleep(waitAfter(attempt), signal);
      }
    },
  };
}

async function every(
  { clock, signal, random, isPaused }: TimingParts,
  interval: Span,
  beat: () => void | Promise<void>,
  { jitter = 0, immediate = true }: EveryOptions = {},
): Promise<void> {
  const call = `beat every(${show(interval)})`;
  const [ms, most] = [readSpan(interval), readSpan(jitter)];
  if (!ms) throw new TypeError(`Cannot ${call}: expected more than 0, ${EXPECTED_SPAN}`);
  if (typeof beat !== "function") {
    throw new TypeError(`Cannot ${call.slice(0, -1)}, ${show(beat)}): expected a function`);
  }
  if (most === undefined) {
    throw new TypeError(`Cannot ${call}: jitter is ${show(jitter)}; expected ${EXPECTED_SPAN}`);
  }
  const ticks = clock.ticks(ms, signal);
  try {
    if (!immediate) await ticks.next();
    while (!signal.aborted) {
      if (most > 0) await clock.sleep(random() * most, signal);
      if (!isPaused()) await beat();
      await ticks.next();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ticks.stop();
  }
}

/** A run that is later than this is reported as late, ms. */
const LATE = 60_000;

async function cron(
  parts: TimingParts,
  pattern: string,
  { timeZone = parts.timeZone }: CronOptions,
  task: CronTask,
): Promise<void> {
  const { signal, wall, warn } = parts;
  const { Schedule, sleepUntil } = await import("../base/schedule.ts");
  const schedule = attempt(() => new Schedule(pattern, timeZone), (why): never => {
    throw new TypeError(`Cannot run cron(${show(pattern)}): ${why}`);
  });
  try {
    for (let due = schedule.next(wall()); due !== undefined; due = schedule.next(wall())) {
      if (!await sleepUntil(due, parts, signal)) continue;
      const missed = schedule.count(due, wall());
      if (missed > 0 || wall() - due > LATE) {
        const times = missed === 0 ? "" : `, and ${counted(missed, "later run")} left out`;
        warn(`'${pattern}' was due at ${new Date(due).toISOString()} and runs late${times}`);
      }
      await task({ due: new Date(due), missed });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** @throws {TypeError} when an option is out of its bounds. */
function readRetry(options: Omit<RetryOptions, "isRetriable">, random: () => number) {
  const { maxAttempts = 5, multiplier = 2, jitter = 1 } = options;
  const least = requireSpan("retry with minTimeout", options.minTimeout ?? 1_000);
  const most = requireSpan("retry with maxTimeout", options.maxTimeout ?? Math.max(60_000, least));
  const refuse = (name: string, value: unknown, expected: string) => {
    throw new TypeError(`Cannot retry: ${name} is ${show(value)}; expected ${expected}`);
  };
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    refuse("maxAttempts", maxAttempts, "a whole number, 1 or more");
  }
  if (!(multiplier >= 1 && multiplier < Infinity)) {
    refuse("multiplier", multiplier, "a number, 1 or more");
  }
  if (!(jitter >= 0 && jitter <= 1)) refuse("jitter", jitter, "a number from 0 to 1");
  if (least > most) refuse("minTimeout", options.minTimeout, "at most maxTimeout");
  const waitAfter = (attempt: number) =>
    Math.min(most, least * multiplier ** (attempt - 1)) * (1 - jitter * random());
  return { maxAttempts, waitAfter };
}

/** A span in ms; undefined when the value is no span. A daemon in JavaScript may pass anything. */
export function readSpan(value: unknown): number | undefined {
  if (typeof value === "string") return parseDuration(value);
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/**
 * A time in ms.
 *
 * @param what the call that it is for, such as `sleep`.
 * @throws {TypeError} when the value is none.
 */
export function requireSpan(what: string, value: unknown): number {
  const ms = readSpan(value);
  if (ms !== undefined) return ms;
  throw new TypeError(`Cannot ${what}(${show(value)}): expected ${EXPECTED_SPAN}`);
}

function describeSpan(span: Span): string {
  return typeof span === "string" ? span : formatDuration(Math.round(span));
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
