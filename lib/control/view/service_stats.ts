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
  queries: number;
  queryErrors: number;
  restarts: number;
  restartFailures: number;
  query: Histogram;
  restart: Histogram;
  /** UTC ISO 8601; absent before the first. */
  lastRestart?: string;
}
