import type { LogEntry, WriteLog } from "./entry.ts";
import { type Rate, RateLimit } from "./rate.ts";

/** What one thread may log: enough for a bad day, too little to fill a disk or to keep the agent busy. */
export const LOG_RATE: Rate = { burst: 500, perSecond: 50 };

/** After a flood has begun it is said so often how many records were dropped, ms. */
const TELL_EVERY = 10_000;

/** A log with a limit on how fast records may come. */
export interface LimitedLog {
  /** Takes a record, or drops it. */
  write: WriteLog;
  /** Says what was dropped and not yet told. */
  close(): void;
}

/**
 * Puts a limit before a log. What is above it is dropped, and one record says how many there were.
 *
 * @param source who says so.
 * @param now the time, ms, on a monotonic clock.
 */
export function limitLog(
  write: WriteLog,
  source: string,
  now: () => number,
  rate: Rate = LOG_RATE,
): LimitedLog {
  const limit = new RateLimit(rate, now());
  let told = -Infinity;
  const tell = () => {
    const dropped = limit.takeDropped();
    if (dropped === 0) return;
    told = now();
    const message = `Dropped ${dropped} log records: more than ${rate.perSecond} a second`;
    write({ time: Date.now(), level: "warning", source, message });
  };
  return {
    close: tell,
    write(entry: LogEntry) {
      if (!limit.allows(now())) return;
      if (now() - told >= TELL_EVERY) tell();
      write(entry);
    },
  };
}
