import type { ThreadPolicy } from "./policy.ts";

/** The wait before a thread is started again after its first failure, ms; doubled with each in a row. */
const FIRST_WAIT = 1_000;

/** With so many failures in a row a thread has failed for good, or for long. */
export const FAILED_AFTER = 6;

/** For each such span, ms, that a thread ran, half of its failures are forgotten. */
export const FORGIVEN_AFTER = 60_000;

/** What follows the end of a thread's run. */
export type Next =
  | { type: "restart"; after: number }
  | { type: "failed"; retryAfter?: number }
  | { type: "finished" };

/** Failures in a row after one more, of a thread that ran for `ranFor` ms before it. */
export function countFailure(failures: number, ranFor: number): number {
  return Math.floor(failures / 2 ** Math.floor(ranFor / FORGIVEN_AFTER)) + 1;
}

/** After how long one that may not be started is looked at again, ms; undefined: not at all. */
export function retryRefused({ restart, failedRetry }: ThreadPolicy): number | undefined {
  return restart === "never" ? undefined : failedRetry;
}

/**
 * What follows.
 *
 * @param failures failures in a row, this end included; 0: the daemon has returned.
 * @param random 0 to 1; waits are up to a fifth shorter, so that what failed together does not come back together.
 */
export function decideNext(
  { restart, failedRetry }: ThreadPolicy,
  failures: number,
  random: number,
): Next {
  if (failures === 0) {
    return restart === "always" ? { type: "restart", after: FIRST_WAIT } : { type: "finished" };
  }
  if (restart === "never") return { type: "failed" };
  if (failures >= FAILED_AFTER) return { type: "failed", retryAfter: failedRetry };
  return { type: "restart", after: FIRST_WAIT * 2 ** (failures - 1) * (1 - random / 5) };
}
