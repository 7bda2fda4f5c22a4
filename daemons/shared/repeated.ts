/** How long a record that says the same as the last one is held back, ms. */
const REMIND_AFTER = 60 * 60_000;

/** Tells which of the records about one matter are due: each change, and a reminder each hour. */
export class Repeated {
  #said: { what: string; at: number } | undefined;

  /** Whether it is time to say `what`, which then counts as said. @param now ms. */
  isDue(what: string, now: number): boolean {
    if (this.#said?.what === what && now - this.#said.at < REMIND_AFTER) return false;
    this.#said = { what, at: now };
    return true;
  }

  /** The matter is over: whatever is said next is new. */
  reset(): void {
    this.#said = undefined;
  }
}
