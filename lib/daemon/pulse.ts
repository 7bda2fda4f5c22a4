/** A thread's sign of life. */
export interface Beat {
  /** How many there were. */
  count: number;
  /** Bytes that the thread's heap holds, buffers outside of it included. */
  heap: number;
  /** How late the thread's event loop was, ms. */
  lag: number;
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
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(3 * 8)) {
    this.memory = memory;
    this.#cells = new Float64Array(memory);
  }

  /** The last sign of life. */
  read(): Beat {
    const [count = 0, heap = 0, lag = 0] = this.#cells;
    return { count, heap, lag };
  }

  /** Gives a sign of life. */
  beat(heap: number, lag: number): void {
    this.#cells[1] = heap;
    this.#cells[2] = lag;
    this.#cells[0]!++;
  }
}

/** How often a thread gives a sign of life that is taken for frozen after `frozenAfter` ms without one, ms. */
export function beatInterval(frozenAfter: number): number {
  return Math.min(5_000, Math.max(20, frozenAfter / 6));
}

/** Beats from now on. It keeps its own timer: what the daemon does to the globals does not stop it. */
export function startBeating(pulse: Pulse, interval: number): void {
  const { memoryUsage } = Deno;
  const now = performance.now.bind(performance);
  let due = now();
  const beat = () => {
    const { heapUsed, external } = memoryUsage();
    pulse.beat(heapUsed + external, Math.max(0, now() - due));
    due = now() + interval;
  };
  beat();
  setInterval(beat, interval);
}
