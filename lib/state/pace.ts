import type { StateClock } from "./state.ts";

/** How fast the writes of a copy may travel. */
export interface PaceOptions {
  /** So many messages at once. */
  burst: number;
  /** So many a second for long. */
  perSecond: number;
  /** So many bytes at once. Default: any. */
  bytesBurst?: number;
  /** So many bytes a second for long. Default: any. */
  bytesPerSecond?: number;
  /** Told after a flood, and each minute of one that lasts, how many messages were held back. */
  onHeld: (held: number) => void;
}

/** A flood is over after so many ms without a message that was held back. */
const FLOOD_OVER = 1_000;

/** A flood that lasts is told this often, ms. */
const TELL_EVERY = 60_000;

/** How much may be used: `burst` at once, `perSecond` for long. */
export class Bucket {
  #left: number;
  #at: number;

  /** @param now the time, ms. */
  constructor(readonly burst: number, readonly perSecond: number, now: number) {
    this.#left = burst;
    this.#at = now;
  }

  /** Uses some; it may be more than is left. Returns how long it takes until nothing is owed, ms. */
  use(amount: number, now: number): number {
    const gained = (now - this.#at) * this.perSecond / 1_000;
    this.#left = Math.min(this.burst, this.#left + gained) - amount;
    this.#at = now;
    return Math.max(0, Math.ceil(-this.#left * 1_000 / this.perSecond));
  }
}

/**
 * The pace of a copy's messages. One that comes too early is held back, and what is written until then travels with
 * it: the last values win, and nothing is lost.
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #messages: Bucket;
  readonly #bytes: Bucket | undefined;
  #held = 0;
  #heldLast = -Infinity;
  #began: number | undefined;

  /** @param now the time, ms. */
  constructor(options: PaceOptions, now: number) {
    const { burst, perSecond, bytesBurst, bytesPerSecond } = options;
    this.#options = options;
    this.#messages = new Bucket(burst, perSecond, now);
    if (bytesBurst && bytesPerSecond) this.#bytes = new Bucket(bytesBurst, bytesPerSecond, now);
  }

  /** How long the next message must wait, ms; 0: it may go at once. One that must wait has its place from then on. */
  wait(now: number): number {
    const wait = Math.max(this.#messages.use(1, now), this.#bytes?.use(0, now) ?? 0);
    if (wait > 0) this.hold(now);
    return wait;
  }

  /** Counts the bytes of a message that was sent. */
  spend(bytes: number, now: number): void {
    this.#bytes?.use(bytes, now);
  }

  /** Counts a message that is held back, to travel with one that waits. */
  hold(now: number): void {
    this.#held++;
    this.#heldLast = now;
    this.#began ??= now;
  }

  /** Tells of a flood that is over, or lasts long; whether there is one still. @param isEnd nothing follows any more. */
  tell(now: number, isEnd = false): boolean {
    if (this.#began === undefined) return false;
    const isOver = isEnd || now - this.#heldLast >= FLOOD_OVER;
    if (isOver || now - this.#began >= TELL_EVERY) {
      this.#options.onHeld(this.#held);
      this.#held = 0;
      this.#began = isOver ? undefined : now;
    }
    return !isOver;
  }
}

/** Sends what was written at the end of a turn of the event loop, or later where the pace says so. */
export class Outbox {
  readonly #clock: StateClock;
  readonly #pace: Pace | undefined;
  readonly #send: () => number;
  #isDue = false;
  #isUrgent = false;
  #isClosed = false;
  /** Cancel the message that is held back, and the next look at a flood. */
  #cancelHeld: (() => void) | undefined;
  #cancelFlood: (() => void) | undefined;

  /** @param send sends what was written; returns how many bytes that was. */
  constructor(clock: StateClock, pace: PaceOptions | undefined, send: () => number) {
    this.#clock = clock;
    this.#pace = pace && new Pace(pace, clock.now());
    this.#send = send;
  }

  /** Something was written. @param isUrgent the pace does not hold it back. */
  add(isUrgent = false): void {
    this.#isUrgent ||= isUrgent;
    if (this.#isDue) return;
    this.#isDue = true;
    this.#clock.atTurnsEnd(this.#endTurn);
  }

  /** Sends at once. */
  flush(): void {
    this.#cancelHeld?.();
    this.#cancelHeld = undefined;
    this.#isUrgent = false;
    const bytes = this.#send();
    this.#pace?.spend(bytes, this.#clock.now());
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelHeld?.();
    this.#cancelFlood?.();
    this.#pace?.tell(this.#clock.now(), true);
  }

  readonly #endTurn = (): void => {
    this.#isDue = false;
    if (this.#isClosed) return;
    if (this.#isUrgent) return this.flush();
    if (this.#cancelHeld) return this.#pace!.hold(this.#clock.now());
    const wait = this.#pace?.wait(this.#clock.now()) ?? 0;
    if (wait === 0) return this.flush();
    this.#cancelHeld = this.#clock.after(wait, () => this.flush());
    this.#cancelFlood ??= this.#clock.after(FLOOD_OVER, this.#lookAtFlood);
  };

  readonly #lookAtFlood = (): void => {
    const lasts = this.#pace!.tell(this.#clock.now());
    this.#cancelFlood = lasts ? this.#clock.after(FLOOD_OVER, this.#lookAtFlood) : undefined;
  };
}
