/**
 * Times that recur, as cron writes them. It loads croner, and so is no part of `mod.ts`: few threads need it.
 *
 * @module
 */
import { Cron } from "croner";
import type { Clock } from "./clock.ts";
import { errorMessage } from "./errors.ts";
import { counted } from "./text.ts";

const EXPECTED = `expected cron's five fields, such as "0 3 * * 1-5"`;

/** How many missed runs are counted. */
const MOST_MISSED = 1_000;

/** Times that recur. */
export class Schedule {
  readonly #cron: Cron;

  /**
   * @param pattern cron's five fields, such as `0 3 * * 1-5`; what {@linkcode unusualSchedule} names is taken too.
   * @param timeZone such as `Europe/Berlin`. Default: the host's.
   * @throws {TypeError} with a clause about the problem.
   */
  constructor(pattern: string, timeZone?: string) {
    try {
      new Intl.DateTimeFormat("en", { timeZone });
    } catch {
      throw new TypeError(
        `there is no time zone '${timeZone}'; expected one such as Europe/Berlin`,
      );
    }
    if (countFields(pattern) < 5 && !pattern.trim().startsWith("@")) {
      throw new TypeError(unusualSchedule(pattern));
    }
    try {
      this.#cron = new Cron(pattern, { paused: true, ...(timeZone && { timezone: timeZone }) });
    } catch (error) {
      throw new TypeError(
        `${errorMessage(error).replaceAll(/^CronPattern: |\.$/g, "")}; ${EXPECTED}`,
      );
    }
    if (this.next(Date.now()) === undefined) throw new TypeError(`no such time comes; ${EXPECTED}`);
  }

  /** The first time after `after`; both ms since the Unix epoch. Undefined: there is none. */
  next(after: number): number | undefined {
    return this.#cron.nextRun(new Date(after))?.getTime();
  }

  /** How many times lie after `after` and not after `until`, 1,000 at most; both ms since the Unix epoch. */
  count(after: number, until: number): number {
    let count = 0;
    for (let at = this.next(after); at !== undefined && at <= until; at = this.next(at)) {
      if (++count === MOST_MISSED) break;
    }
    return count;
  }
}

/** The longest sleep until a time of day, ms: the host's clock may be set, or the host sleep. */
const LOOK_EVERY = 60_000;

/** A clock that goes back further than this was wrong, ms; smaller corrections repeat no run. */
const SET_BACK = 60_000;

/** Where time comes from for {@linkcode sleepUntil}. */
export interface TimeOfDay {
  clock: Pick<Clock, "sleep">;
  /** The time of day, ms since the Unix epoch. */
  wall: () => number;
}

/**
 * Resolves at a time of day, ms since the Unix epoch; within a minute after it where the host slept over it.
 *
 * @returns false, within a minute, when the host's clock was set back meanwhile: another time may be the next one.
 * @throws {unknown} the signal's reason, when it is aborted.
 */
export async function sleepUntil(
  due: number,
  { clock, wall }: TimeOfDay,
  signal: AbortSignal,
): Promise<boolean> {
  for (let now = wall(); now < due;) {
    const before = now;
    await clock.sleep(Math.min(due - before, LOOK_EVERY), signal);
    now = wall();
    if (now < before - SET_BACK) return false;
  }
  return true;
}

/** What would be right instead of a schedule's pattern or time zone, as a clause; undefined when both are right. */
export function refuseSchedule(pattern: string, timeZone?: string): string | undefined {
  try {
    new Schedule(pattern, timeZone);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

/** What would be right instead of a pattern that has not five fields, as a clause; undefined when it has. */
export function unusualSchedule(pattern: string): string | undefined {
  const fields = countFields(pattern);
  return fields === 5 ? undefined : `it has ${counted(fields, "field")}; ${EXPECTED}`;
}

function countFields(pattern: string): number {
  return pattern.trim().split(/\s+/).filter((field) => field !== "").length;
}
