/** How many records may come, and how fast. */
export interface Rate {
  /** So many at once. */
  burst: number;
  /** So many a second for long. */
  perSecond: number;
}

/** A limit on how often something may happen; what is above it is counted. */
export class RateLimit {
  /** What it lets through. */
  readonly rate: Rate;
  #left: number;
  #at: number;
  #dropped = 0;

  /** @param now the time, ms. */
  constructor(rate: Rate, now: number) {
    this.rate = rate;
    this.#left = rate.burst;
    this.#at = now;
  }

  /** Whether one more may happen now. @param now the time, ms. */
  allows(now: number): boolean {
    const { burst, perSecond } = this.rate;
    this.#left = Math.min(burst, this.#left + (now - this.#at) * perSecond / 1_000);
    this.#at = now;
    if (this.#left < 1) {
      this.#dropped++;
      return false;
    }
    this.#left--;
    return true;
  }

  /** How many were not allowed since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
