/** The shortest and the longest wait before a failed thread is started again, ms. */
export const BACKOFF = { first: 1_000, longest: 60_000 } as const;

/** A thread that ran for this long, ms, is taken for healthy: its next failure is a first one again. */
export const HEALTHY_AFTER = 60_000;

/**
 * How long to wait before a failed thread is started again, ms: doubled with each failure in a row.
 *
 * @param failures failures in a row, 1 for the first.
 */
export function backoff(failures: number): number {
  return Math.min(BACKOFF.longest, BACKOFF.first * 2 ** (failures - 1));
}

/** Failures in a row after one more, of a thread that ran for `ranFor` ms. */
export function countFailure(failures: number, ranFor: number): number {
  return ranFor >= HEALTHY_AFTER ? 1 : failures + 1;
}
