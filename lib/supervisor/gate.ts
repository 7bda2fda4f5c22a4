/** What holds restarts back while the agent is paused. */
export class Gate {
  #opened: PromiseWithResolvers<void> | undefined;

  /** Whether it holds back. */
  get closed(): boolean {
    return this.#opened !== undefined;
  }

  /** Holds back from now on. */
  close(): void {
    this.#opened ??= Promise.withResolvers();
  }

  /** Lets through all that waits. */
  open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  /**
   * Resolves when the gate is open.
   *
   * @throws {unknown} the signal's reason, when it is aborted while waiting.
   */
  async pass(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#opened) return;
    const { promise, reject } = Promise.withResolvers<never>();
    const cancel = () => reject(signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      await Promise.race([this.#opened.promise, promise]);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }
}
