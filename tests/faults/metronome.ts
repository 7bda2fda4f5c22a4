import type { Span } from "./ticks.ts";

/**
 * Ticks in a thread of the test, outside of the agent: it shows when the machine kept even a thread that has nothing
 * to do from its turn.
 */
export class Metronome implements Disposable {
  readonly #worker = new Worker(import.meta.resolve("./metronome_worker.ts"), { type: "module" });
  /** Who has asked, in order: several faults are tried at a time, and share one metronome. */
  readonly #asking: ((delays: Span[]) => void)[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#asking.shift()?.(data);
  }

  /** When it was kept from ticking, so far; ms since the Unix epoch. */
  delays(): Promise<Span[]> {
    const { promise, resolve } = Promise.withResolvers<Span[]>();
    this.#asking.push(resolve);
    this.#worker.postMessage("delays");
    return promise;
  }

  /** Keeps it from ticking for so many ms. */
  hold(ms: number): void {
    this.#worker.postMessage(ms);
  }

  /** Stops it. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
