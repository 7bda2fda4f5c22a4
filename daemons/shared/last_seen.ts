import type { ServiceState } from "../../lib/service/mod.ts";

/** A service that was not seen for an interval and this time may have been started anew meanwhile, ms. */
const UNSEEN_TIME = 60_000;

/** The state in which a service was last seen, and since when it is in it. Times are ms of one clock. */
export class LastSeen {
  /** Undefined: it is not installed, or was never looked at. */
  state: ServiceState | undefined;
  /** When it came into that state, or last made progress in it; undefined: it was never looked at. */
  since: number | undefined;
  #checkpoint = 0;
  /** When a query was last answered. */
  #lookedAt = -Infinity;

  /** @param interval the time between two queries, ms. */
  constructor(readonly interval: number) {}

  /** It may have been another process by the next query, whatever that says. */
  doubt(): void {
    this.#lookedAt = -Infinity;
  }

  /** Takes note of an answer. Returns whether the state is another one than before. */
  take(state: ServiceState | undefined, checkpoint: number, now: number): boolean {
    const isNew = this.since === undefined || state !== this.state;
    // After a pause, or a time without an answer, it may be another process that runs.
    const wasUnseen = now - this.#lookedAt > this.interval + UNSEEN_TIME;
    this.#lookedAt = now;
    if (isNew || wasUnseen || checkpoint !== this.#checkpoint) this.begin(state, checkpoint, now);
    return isNew;
  }

  /** It is in this state from now on. */
  begin(state: ServiceState | undefined, checkpoint: number, now: number): void {
    this.state = state;
    this.since = now;
    this.#checkpoint = checkpoint;
  }
}
