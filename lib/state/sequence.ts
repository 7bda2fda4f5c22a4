import type { StateClock } from "./state.ts";

/** The wait before an unanswered question is repeated, ms: the first one and the longest. */
const ASK_AGAIN = { first: 200, longest: 5_000 };

/** So many batches that came too early are kept. */
const AHEAD = 64;

/** What a {@linkcode Sequence} works with. */
export interface SequenceParts<B> {
  clock: StateClock;
  /** Takes in a batch. */
  apply: (batch: B) => void;
  /** Asks for the batches after a number. */
  ask: (number: number) => void;
  /** Called when everything that was heard of is in. */
  onCurrent: () => void;
}

/** Brings numbered batches into their order, and asks for those that are missing. */
export class Sequence<B> {
  readonly #parts: SequenceParts<B>;
  readonly #ahead = new Map<number, B>();
  /** The number of the last batch that is in, and the largest that was heard of. */
  #number = -1;
  #latest = 0;
  #cancelQuestion: (() => void) | undefined;

  /** Nothing is taken in before {@linkcode Sequence.begin}. */
  constructor(parts: SequenceParts<B>) {
    this.#parts = parts;
  }

  /** Takes a batch in, now or when its turn comes. @param read gives it; not called where it is not wanted. */
  take(number: number, read: () => B): void {
    if (number <= this.#number || this.#ahead.has(number)) return;
    if (this.#ahead.size < AHEAD || number === this.#number + 1) this.#ahead.set(number, read());
    if (this.#number >= 0) this.#advance();
    this.hearOf(number);
  }

  /** Everything up to `number` is in, and `latest` was the last one. */
  begin(number: number, latest: number): void {
    this.#number = number;
    this.#advance();
    this.hearOf(latest);
    // What was sent on the channel before it was open here.
    this.ask();
  }

  /** There is a batch of this number. */
  hearOf(number: number): void {
    this.#latest = Math.max(this.#latest, number);
    if (this.#number < 0) return;
    if (this.#number < this.#latest) return this.ask();
    this.close();
    this.#parts.onCurrent();
  }

  /** Asks for what is missing, again and again until it is in; once when nothing is. */
  ask(): void {
    if (!this.#cancelQuestion) this.#ask(ASK_AGAIN.first);
  }

  /** Asks no more. */
  close(): void {
    this.#cancelQuestion?.();
    this.#cancelQuestion = undefined;
  }

  #ask(wait: number): void {
    this.#parts.ask(this.#number);
    this.#cancelQuestion = this.#parts.clock.after(wait, () => {
      if (this.#number < this.#latest) this.#ask(Math.min(wait * 2, ASK_AGAIN.longest));
      else this.#cancelQuestion = undefined;
    });
  }

  #advance(): void {
    for (let next; (next = this.#ahead.get(this.#number + 1));) {
      this.#number++;
      this.#parts.apply(next);
    }
    for (const number of this.#ahead.keys()) if (number <= this.#number) this.#ahead.delete(number);
    this.hearOf(this.#number);
  }
}
