import type { StateClock } from "./state.ts";

/** How fast the writes of a copy may travel. */
export interface PaceOptions {
  /** The largest burst of messages. */
  burst: number;
  /** The lasting rate of messages, a second. */
  perSecond: number;
  /** The largest burst of bytes. Default: no limit. */
  bytesBurst?: number;
  /** The lasting rate, bytes a second. Default: no limit. */
  bytesPerSecond?: number;
  /** Told after a flood, and each minute of one that lasts, how many messages were held back. */
  onHeld: (held: number) => void;
}

/** A flood is over after this time without a delayed message, ms. */
const FLOOD_OVER = 1_000;

/** Time between two reports of a flood that lasts, ms. */
const TELL_EVERY = 60_000;

/** Taken when this is loaded: a daemon may replace them, and is not to set its own pace. */
const { ceil, max, min } = Math;

/** A token bucket: a burst of `burst`, refilled by `perSecond`. */
export class Bucket {
  #left: number;
  #at: number;

  /** @param now the time, ms. */
  constructor(readonly burst: number, readonly perSecond: number, now: number) {
    this.#left = burst;
    this.#at = now;
  }

  /** How much may be used now. */
  left(now: number): number {
    this.use(0, now);
    return this.#left;
  }

  /** Uses some; it may be more than is left. Returns how long it takes until nothing is owed, ms. */
  use(amount: number, now: number): number {
    const gained = (now - this.#at) * this.perSecond / 1_000;
    this.#left = min(this.burst, this.#left + gained) - amount;
    this.#at = now;
    return max(0, ceil(-this.#left * 1_000 / this.perSecond));
  }
}

/**
 * Sends what was written at the end of a turn of the event loop. A message that comes too early for the pace is held back,
 * and what is written until then travels with it: the last values win, and nothing is lost.
 */
export class Outbox {
  readonly #clock: StateClock;
  readonly #pace: PaceOptions | undefined;
  readonly #send: (limit: number) => number;
  readonly #messages: Bucket | undefined;
  readonly #bytes: Bucket | undefined;
  /** The time until which the main thread accepts no more, ms. */
  #heldUntil = -Infinity;
  #isDue = false;
  #isUrgent = false;
  #isClosed = false;
  /** Cancel the message that is held back, and the next look at a flood. */
  #cancelHeld: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  /** How many messages were held back since the last report, when the last was, and when the report began. */
  #held = 0;
  #heldAt = 0;
  #began = 0;

  /** @param send sends about that number of bytes of the writes; returns the number sent. The rest is added again. */
  constructor(
    clock: StateClock,
    pace: PaceOptions | undefined,
    send: (limit: number) => number,
  ) {
    this.#clock = clock;
    this.#pace = pace;
    this.#send = send;
    if (!pace) return;
    const { burst, perSecond, bytesBurst, bytesPerSecond } = pace;
    this.#messages = new Bucket(burst, perSecond, clock.now());
    if (bytesBurst && bytesPerSecond) {
      this.#bytes = new Bucket(bytesBurst, bytesPerSecond, clock.now());
    }
  }

  /** Notes a write. @param isUrgent whether it is sent without delay. */
  add(isUrgent = false): void {
    this.#isUrgent ||= isUrgent;
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.atTurnsEnd(this.#endTurn);
  }

  /** Sends nothing for this time, ms. */
  hold(ms: number): void {
    this.#heldUntil = this.#clock.now() + ms;
  }

  /** Sends everything immediately. */
  flush(limit = Infinity): void {
    this.#cancelHeld?.();
    this.#cancelHeld = undefined;
    this.#isUrgent = false;
    const bytes = this.#send(limit);
    this.#bytes?.use(bytes, this.#clock.now());
  }

  #flushPaced(): void {
    this.flush(this.#bytes?.left(this.#clock.now()));
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelHeld?.();
    this.#cancelLook?.();
    if (this.#held > 0) this.#pace?.onHeld(this.#held);
  }

  readonly #endTurn = (): void => {
    this.#isDue = false;
    if (this.#isClosed) return;
    if (this.#isUrgent) return this.flush();
    const now = this.#clock.now();
    if (!this.#cancelHeld) {
      const own = max(this.#messages?.use(1, now) ?? 0, this.#bytes?.use(0, now) ?? 0);
      const wait = max(own, ceil(this.#heldUntil - now));
      if (wait === 0) return this.#flushPaced();
      this.#cancelHeld = this.#clock.after(wait, () => this.#flushPaced());
    }
    this.#held++;
    this.#heldAt = now;
    if (this.#cancelLook) return;
    this.#began = now;
    this.#cancelLook = this.#clock.after(FLOOD_OVER, this.#look);
  };

  /** Tells of a flood that is over, or lasts long. */
  readonly #look = (): void => {
    const now = this.#clock.now();
    const isOver = now - this.#heldAt >= FLOOD_OVER;
    this.#cancelLook = isOver ? undefined : this.#clock.after(FLOOD_OVER, this.#look);
    if (!isOver && now - this.#began < TELL_EVERY) return;
    if (this.#held > 0) this.#pace?.onHeld(this.#held);
    this.#held = 0;
    this.#began = now;
  };
}
