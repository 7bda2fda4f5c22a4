/** A thread pool: a limit on how many threads run at once. Those above it wait, in order. */
export class ThreadPool {
  #max: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #isTold = false;

  /** @param max how many may run at once, 1 or more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many may run at once. */
  get max(): number {
    return this.#max;
  }

  /** How many may run at once; of a lower number than there are running, all end in their own time. */
  set max(max: number) {
    this.#max = max;
    while (this.#running < max && this.#waiting.length > 0) {
      this.#running++;
      this.#waiting.shift()!();
    }
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many wait, to be told once for as long as anybody does; after that 0. */
  takeWaiting(): number {
    if (this.#isTold) return 0;
    this.#isTold = true;
    return this.#waiting.length;
  }

  /**
   * Resolves when there is a place, with what gives the place back.
   *
   * @throws {unknown} the signal's reason, when it is aborted while waiting.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running < this.#max) this.#running++;
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = () => {
      this.#waiting.splice(this.#waiting.indexOf(admit), 1);
      reject(signal.reason);
    };
    const admit = () => {
      signal.removeEventListener("abort", cancel);
      resolve();
    };
    signal.addEventListener("abort", cancel, { once: true });
    if (this.#waiting.length === 0) this.#isTold = false;
    this.#waiting.push(admit);
    return promise;
  }

  /** The place goes straight to who has waited longest, so nobody overtakes. */
  #leave(): void {
    const next = this.#running <= this.#max ? this.#waiting.shift() : undefined;
    if (next) next();
    else this.#running--;
  }
}
