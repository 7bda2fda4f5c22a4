import type { Timers } from "../../lib/base/mod.ts";

/** The longest that a timer of Deno can be set to, ms: a longer one fires after 1 ms. */
const LONGEST = 2 ** 31 - 1;

/**
 * Timers on a clock that stands until it is moved; as Deno's, an interval counts from when it fired.
 *
 * @throws {RangeError} for a timer that Deno's would not wait for.
 */
export class FakeTimers implements Timers {
  /** How late each timer fires, ms. */
  late = 0;
  /** How many timers were made. */
  made = 0;
  /** How often one has fired. */
  fired = 0;
  #now = 0;
  #timers = new Map<number, { at: number; run: () => void; every?: number }>();

  /** See {@linkcode Timers}. */
  now(): number {
    return this.#now;
  }

  /** See {@linkcode Timers}. */
  after(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, run });
  }

  /** See {@linkcode Timers}. */
  every(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, run, every: ms });
  }

  /** How many are set. */
  get running(): number {
    return this.#timers.size;
  }

  /** The event loop is held, and no timer fires. */
  hold(ms: number): void {
    this.#now += ms;
  }

  /** Lets `ms` pass, and what waits for a timer have its turn. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve));
      const next = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next || next[1].at + this.late > end) break;
      const [id, timer] = next;
      this.#now = Math.max(this.#now, timer.at + this.late);
      if (timer.every === undefined) this.#timers.delete(id);
      else timer.at = this.#now + timer.every;
      this.fired++;
      timer.run();
    }
    this.#now = end;
  }

  #add(timer: { at: number; run: () => void; every?: number }): () => void {
    if (timer.at - this.#now > LONGEST) throw new RangeError("Deno's timers cannot wait so long");
    const id = ++this.made;
    this.#timers.set(id, timer);
    return () => this.#timers.delete(id);
  }
}
