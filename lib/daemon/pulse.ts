import { getHeapStatistics } from "node:v8";

/** A thread's sign of life. */
export interface Beat {
  /** How many there were. */
  count: number;
  /** Bytes that the thread's heap holds, buffers outside of it included. */
  heap: number;
  /** How late the thread's event loop was, ms. */
  lag: number;
  /** Whether its heap came to its end: what ran then was broken off in the middle, and will not go on. */
  exhausted: boolean;
}

/**
 * The signs of life of one thread, in memory that it shares with the agent: a beat wakes nobody and sends
 * nothing, so that a hundred threads cost next to nothing.
 */
export class Pulse {
  /** What both sides hold. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: Float64Array;

  /** @param memory that of the other side; new unless told. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * 8)) {
    this.memory = memory;
    this.#cells = new Float64Array(memory);
  }

  /** The last sign of life. */
  read(): Beat {
    const [count = 0, heap = 0, lag = 0, exhausted = 0] = this.#cells;
    return { count, heap, lag, exhausted: exhausted !== 0 };
  }

  /** Gives a sign of life. */
  beat({ heap, lag, exhausted }: Omit<Beat, "count">): void {
    this.#cells.set([heap, lag, Number(exhausted)], 1);
    this.#cells[0]!++;
  }
}

/** How often a thread gives a sign of life that is taken for frozen after `frozenAfter` ms without one, ms. */
export function beatInterval(frozenAfter: number): number {
  return Math.min(5_000, Math.max(20, frozenAfter / 6));
}

/**
 * Beats from now on, and returns what beats at once. It keeps its own timer: what the daemon does to the globals
 * does not stop it.
 */
export function startBeating(pulse: Pulse, interval: number): () => void {
  const now = performance.now.bind(performance);
  const limit = getHeapStatistics().heap_size_limit;
  const beat = (lag: number) => {
    const { used_heap_size, external_memory, heap_size_limit } = getHeapStatistics();
    // At its end V8 raises the limit, so that the thread can be taken down, and breaks off what runs.
    const exhausted = heap_size_limit > limit;
    pulse.beat({ heap: used_heap_size + external_memory, lag, exhausted });
  };
  let due = now() + interval;
  setInterval(() => {
    beat(Math.max(0, now() - due));
    due = now() + interval;
  }, interval);
  beat(0);
  return () => beat(0);
}
