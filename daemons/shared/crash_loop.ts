/**
 * Whether a service that is restarted repeatedly is in a crash loop, and when the next attempt is. Pure; times are ms on
 * the monotonic clock.
 *
 * @module
 */

/**
 * Restarts within this time count for `maxRestarts`, ms. A flapping service that runs for this time is no longer
 * flapping.
 */
export const FLAPPING_TIME = 10 * 60_000;

/** The longest wait between two attempts, and that of a flapping service, ms. */
export const LONGEST_WAIT = 5 * 60_000;

/** Failures in a row after which an attempt has to wait: as many as make `check` critical. */
const FREE_FAILURES = 3;

/** How far back restarts are remembered, ms. */
const HOUR = 60 * 60_000;

/** When a service is stable, and when it flaps. */
export interface LoopSettings {
  /** A service that has been RUNNING for this time is stable, ms. */
  stableAfter: number;
  /** After this number of restarts within {@linkcode FLAPPING_TIME} it is flapping; 0: never. */
  maxRestarts: number;
  /** The wait before the second restart in a row, ms; it doubles with each further one. */
  backoff: number;
}

/** What is remembered of a service's restarts. */
export interface Loop {
  /** When it was restarted within the last hour, the oldest first. */
  restarts: readonly number[];
  /** Restarts since it was last stable. */
  inRow: number;
  /** Attempts that failed since it last ran. */
  failures: number;
  /** When the last attempt ended. */
  lastAttempt: number;
  /** Since when it runs; undefined: it does not. */
  runningSince: number | undefined;
  /** Whether it is flapping: the next attempts are {@linkcode LONGEST_WAIT} apart. */
  flapping: boolean;
}

/** Nothing is remembered. */
export const NO_LOOP: Loop = {
  restarts: [],
  inRow: 0,
  failures: 0,
  lastAttempt: -Infinity,
  runningSince: undefined,
  flapping: false,
};

/** What is remembered after the service was seen running, or not. */
export function afterSeen(loop: Loop, runs: boolean, now: number, settings: LoopSettings): Loop {
  const { maxRestarts } = settings;
  const runningSince = runs ? loop.runningSince ?? now : undefined;
  const restarts = loop.restarts.filter((at) => at > now - HOUR);
  const recent = restarts.filter((at) => at > now - FLAPPING_TIME).length;
  const flapping = maxRestarts > 0 &&
    (runningSince === undefined
      ? loop.flapping || recent >= maxRestarts
      : loop.flapping && now - runningSince < FLAPPING_TIME);
  const failures = runs ? 0 : loop.failures;
  const next = { ...loop, restarts, failures, runningSince, flapping };
  return isStable(next, now, settings) ? { ...next, inRow: 0 } : next;
}

/** What is remembered after an attempt to restart the service. */
export function afterAttempt(loop: Loop, succeeded: boolean, now: number): Loop {
  const { restarts, inRow, failures } = loop;
  if (!succeeded) return { ...loop, failures: failures + 1, lastAttempt: now };
  return {
    ...loop,
    restarts: [...restarts, now],
    inRow: inRow + 1,
    failures: 0,
    runningSince: now,
    lastAttempt: now,
  };
}

/** When the service may be tried next. */
export function nextAttempt(loop: Loop, backoff: number): number {
  const { inRow, failures, lastAttempt, flapping } = loop;
  if (flapping) return lastAttempt + LONGEST_WAIT;
  const waits = failures > 0 ? failures - FREE_FAILURES + 1 : inRow;
  if (waits <= 0) return -Infinity;
  return lastAttempt + Math.min(backoff * 2 ** (waits - 1), LONGEST_WAIT);
}

/** Whether the service has been running for long enough. */
export function isStable(loop: Loop, now: number, { stableAfter }: LoopSettings): boolean {
  return loop.runningSince !== undefined && now - loop.runningSince >= stableAfter;
}
