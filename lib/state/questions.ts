/** How long an answer may take before somebody else is asked, ms; it doubles each time. A whole state takes longer. */
const PATIENCE = {
  part: { first: 200, longest: 800 },
  whole: { first: 1_000, longest: 16_000 },
};

/** So many questions that were given up are remembered: a late answer is as good as any. */
const REMEMBERED = 16;

/** The questions of one copy; it waits for the answer of one at a time. */
export class Questions {
  readonly #now: () => number;
  /** Who was asked, by the question's number. */
  readonly #asked = new Map<number, string>();
  #waiting: { id: number; peer: string; since: number; what: keyof typeof PATIENCE } | undefined;
  #last = 0;
  #failures = 0;

  /** @param now milliseconds on a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether an answer is awaited. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** How many have been asked. */
  get count(): number {
    return this.#last;
  }

  /** Notes a question, and gives it its number. */
  ask(peer: string, what: keyof typeof PATIENCE): number {
    const id = ++this.#last;
    this.#asked.set(id, peer);
    this.#asked.delete(id - REMEMBERED);
    this.#waiting = { id, peer, since: this.#now(), what };
    return id;
  }

  /** Gives up a question whose answer takes too long; false when there is none. */
  giveUp(): boolean {
    if (!this.#waiting) return false;
    const { since, what } = this.#waiting;
    const { first, longest } = PATIENCE[what];
    if (this.#now() - since < Math.min(first * 2 ** this.#failures, longest)) return false;
    this.#failures++;
    this.#waiting = undefined;
    return true;
  }

  /** Whether an answer is to one of the questions; then that and the earlier ones are done with. */
  accept(id: number, from: string): boolean {
    if (this.#asked.get(id) !== from) return false;
    for (const earlier of this.#asked.keys()) if (earlier <= id) this.#asked.delete(earlier);
    if (this.#waiting && this.#waiting.id <= id) this.#waiting = undefined;
    this.#failures = 0;
    return true;
  }

  /** Who was asked has left. */
  leave(peer: string): void {
    if (this.#waiting?.peer === peer) this.#waiting = undefined;
  }

  /** No answer is wanted any more. */
  drop(): void {
    this.#asked.clear();
    this.#waiting = undefined;
  }
}
