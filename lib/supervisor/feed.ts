/** Arguments as the configuration has them. */
type Given = Record<string, unknown>;

/** Passes changed arguments on to a daemon's thread, while one runs that takes them. */
export class ArgumentsFeed {
  #take: ((given: Given) => void) | undefined;

  /** The thread takes them from now on. */
  open(take: (given: Given) => void): void {
    this.#take = take;
  }

  /** The thread is ended. */
  close(): void {
    this.#take = undefined;
  }

  /** Passes them on; returns whether there is a thread that takes them. */
  pass(given: Given): boolean {
    this.#take?.(given);
    return this.#take !== undefined;
  }
}
