import type { ServiceMode } from "./manager.ts";

/** Durations counted by their length. */
export interface Histogram {
  /** The upper bounds of the buckets, s, rising; above the last one is a bucket more. */
  le: number[];
  /** How many durations each bucket holds, those of shorter ones apart. */
  counts: number[];
  /** The sum of all durations, s. */
  sum: number;
  /** How many there are. */
  count: number;
}

/** What a daemon has counted of a service that it keeps running: map `ServiceStats`, by the service's name. */
export interface ServiceStats {
  /** All of them, those that failed too. */
  queries: number;
  queryErrors: number;
  restarts: number;
  restartFailures: number;
  /** How often it ran again without a restart by this daemon. */
  recoveries: number;
  /** Of the restarts those of the last hour; absent: not known, as the next two. */
  restartsLastHour?: number;
  /** It has been RUNNING for `stableAfter`. */
  stable?: boolean;
  /** It was restarted `maxRestarts` times within 10 min, so that it is tried only every 5 min. */
  flapping?: boolean;
  query: Histogram;
  restart: Histogram;
  /** It is STOPPED and its start type is disabled: whether that is to be warned of; absent: it is not so. */
  disabled?: "warn" | "ignore";
  /** Why it is not restarted though it does not run, as a clause; absent when there is no reason. */
  held?: string;
  /** What may be done to it; absent: not known. */
  mode?: ServiceMode;
  /** How often it would have been restarted, were it not only observed. */
  wouldRestarts?: number;
  /** Why it would be restarted now, as a clause; absent: it would not. */
  wouldRestart?: string;
  /** When a query last succeeded, UTC ISO 8601; absent before the first. */
  lastSeen?: string;
  /** UTC ISO 8601; absent before the first. */
  lastRestart?: string;
  /** Why the last query failed, in one line; absent when it did not. */
  queryError?: string;
}

/** The buckets of a query, s: one is a child process, most often some 10 ms. */
const QUERY_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The buckets of a restart, s. */
const RESTART_BOUNDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Nothing counted yet. */
export function noStats(): ServiceStats {
  return {
    queries: 0,
    queryErrors: 0,
    restarts: 0,
    restartFailures: 0,
    recoveries: 0,
    query: emptyHistogram(QUERY_BOUNDS),
    restart: emptyHistogram(RESTART_BOUNDS),
  };
}

function emptyHistogram(le: number[]): Histogram {
  return { le, counts: new Array(le.length + 1).fill(0), sum: 0, count: 0 };
}

/** A histogram with one more duration, s; the given one does not change. */
export function observe({ le, counts, sum, count }: Histogram, duration: number): Histogram {
  const above = le.findIndex((bound) => duration <= bound);
  const bucket = above < 0 ? le.length : above;
  return {
    le,
    counts: counts.with(bucket, counts[bucket]! + 1),
    sum: sum + duration,
    count: count + 1,
  };
}
