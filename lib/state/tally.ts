import { isLater, type Stamp } from "./stamp.ts";

/** What one writer has added to a key since `start`: a running total, so that the newest one says it all. */
export interface Run {
  readonly writer: string;
  /** The counter of its first increment. */
  readonly start: number;
  /** A whole number. */
  readonly total: number;
  /** The counter of its latest increment. */
  readonly counter: number;
}

/** Stands for the base of a key that nobody has set, or that was deleted. */
export const NOTHING: unique symbol = Symbol("nothing");

/**
 * A key that was incremented: its base, which is what was last set, and a run of each writer that has incremented it
 * since. Two writers' increments are two runs, so both count. Setting or deleting the key ends the runs
 * that began earlier.
 */
export class Tally {
  /** By start and writer, so that every copy has the same order. */
  #runs: readonly Run[] = [];

  constructor(public base: unknown) {}

  /** Each writer's run. */
  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** What the key holds. */
  get value(): number {
    let sum = 0;
    for (const { total } of this.#runs) sum += total;
    return typeof this.base === "number" ? this.base + sum : sum;
  }

  /** The run of a writer that began at `start`; without a start, its latest. */
  find(writer: string, start?: number): Run | undefined {
    return this.#runs.findLast((run) =>
      run.writer === writer && (start === undefined || run.start === start)
    );
  }

  /** Puts a run in the place of its older state; false when this one is the older. */
  put(run: Run): boolean {
    const known = this.find(run.writer, run.start);
    if (known && known.counter > run.counter) return false;
    if (known) this.#runs = this.#runs.map((other) => other === known ? run : other);
    else this.#runs = [...this.#runs, run].sort(byStart);
    return true;
  }

  /** Ends the runs that began before a write of the base. */
  endBefore(stamp: Stamp): void {
    this.#runs = this.#runs.filter((run) => isLater(run.start, run.writer, stamp));
  }

  /** Makes one nameless run of those whose writer has been forgotten; whole numbers, so that the sum stays exact. */
  fold(isForgotten: (writer: string) => boolean): void {
    const gone = this.#runs.filter(({ writer }) => writer === "" || isForgotten(writer));
    if (gone.every(({ writer }) => writer === "")) return;
    const total = gone.reduce((sum, run) => sum + run.total, 0);
    const start = Math.max(...gone.map((run) => run.start));
    const settled: Run = { writer: "", start, total, counter: 0 };
    this.#runs = [...this.#runs.filter((run) => !gone.includes(run)), settled].sort(byStart);
  }
}

function byStart(a: Run, b: Run): number {
  return a.start - b.start || (a.writer < b.writer ? -1 : 1);
}
