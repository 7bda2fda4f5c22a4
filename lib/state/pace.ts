/** How fast the writes of a copy may travel. */
export interface PaceOptions {
  /** So many messages at once. */
  burst: number;
  /** So many a second for long. */
  perSecond: number;
  /** Told after a flood, and each minute of one that lasts, how many messages were held back. */
  onHeld: (held: number) => void;
}

/** A flood is over after so many ms without a message that was held back. */
export const FLOOD_OVER = 1_000;

/** A flood that lasts is told this often, ms. */
const TELL_EVERY = 60_000;

/**
 * The pace of a copy's messages. One that comes too early is held back, and what is written until then travels with
 * it: the last values win, and nothing is lost.
 */
export class Pace {
  readonly #options: PaceOptions;
  #left: number;
  #at: number;
  #held = 0;
  #heldLast = -Infinity;
  #began: number | undefined;

  /** @param now the time, ms. */
  constructor(options: PaceOptions, now: number) {
    this.#options = options;
    this.#left = options.burst;
    this.#at = now;
  }

  /** How long the next message must wait, ms; 0: it may go at once. One that must wait has its place from then on. */
  wait(now: number): number {
    const { burst, perSecond } = this.#options;
    this.#left = Math.min(burst, this.#left + (now - this.#at) * perSecond / 1_000) - 1;
    this.#at = now;
    if (this.#left >= 0) return 0;
    this.hold(now);
    return Math.ceil(-this.#left * 1_000 / perSecond);
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
