import type { LogEntry, WriteLog } from "./record.ts";

/** How often something may happen. */
export interface Rate {
  /** The largest burst. */
  burst: number;
  /** The lasting rate, a second. */
  perSecond: number;
}

/** A limit on how often something may happen: a bucket of tokens that fills again with time. */
export class RateLimit {
  /** What it allows. */
  readonly rate: Rate;
  #left: number;
  #at: number;

  /** @param now the time, ms, on a monotonic clock. */
  constructor(rate: Rate, now: number) {
    this.rate = rate;
    this.#left = rate.burst;
    this.#at = now;
  }

  /** Whether `count` more may happen now; they count if they may. */
  allows(now: number, count = 1): boolean {
    this.#fill(now);
    if (this.#left < count) return false;
    this.#left -= count;
    return true;
  }

  /** Counts `count` more, and returns how long they have to wait for their turn, ms. */
  reserve(now: number, count = 1): number {
    this.#fill(now);
    this.#left -= count;
    return Math.max(0, -this.#left * 1_000 / this.rate.perSecond);
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.rate;
    this.#left = Math.min(burst, this.#left + (now - this.#at) * perSecond / 1_000);
    this.#at = now;
  }
}

/** Limits on a log. */
export interface LogRates {
  /** Records. */
  records: Rate;
  /** Characters of their messages. */
  characters: Rate;
}

/** What one thread may log: enough for a bad day, too little to fill the log files or to keep the agent busy. */
export const LOG_RATES: LogRates = {
  records: { burst: 500, perSecond: 50 },
  characters: { burst: 1_000_000, perSecond: 10_000 },
};

/** While records are dropped it is logged this often how many, ms. */
const TELL_EVERY = 10_000;

/** A log with a limit on how much may come. */
export interface LimitedLog {
  /** Takes a record, or drops it. */
  write: WriteLog;
  /** Logs how many records were dropped, where that was not logged yet. */
  flush(): void;
}

/**
 * Limits a log. Records above the limit are dropped, and one record reports their number.
 *
 * @param now gives the time, ms, on a monotonic clock.
 */
export function limitLog(write: WriteLog, now: () => number, rates = LOG_RATES): LimitedLog {
  const records = new RateLimit(rates.records, now());
  const characters = new RateLimit(rates.characters, now());
  let dropped = 0;
  let source = "agent";
  let told = -Infinity;
  const flush = () => {
    if (dropped === 0) return;
    const message =
      `Dropped ${dropped} log records: more than ${rates.records.perSecond} a second, or ${rates.characters.perSecond} characters a second`;
    told = now();
    dropped = 0;
    write({ time: Date.now(), level: "warning", source, message });
  };
  const isAllowed = ({ message }: LogEntry) =>
    records.allows(now()) && characters.allows(now(), message.length);
  return {
    flush,
    write(entry) {
      if (!isAllowed(entry)) {
        source = entry.source;
        return void dropped++;
      }
      if (now() - told >= TELL_EVERY) flush();
      write(entry);
    },
  };
}
