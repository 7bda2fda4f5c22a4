import { getHeapStatistics } from "node:v8";
import { type Clock, systemTimers, type Timers } from "../base/mod.ts";
import type { StateClock } from "../state/state.ts";

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
export class Heartbeat {
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

/** A thread is looked at this often at the least, ms: its memory, too, is known from its signs of life. */
const SELDOM = 20_000;

/** A sign of life may come this late, ms, and is still in time. */
const LATEST = 10_000;

/**
 * How often a thread that is idle gives a sign of life, when it is taken for frozen after `frozenAfter` ms
 * without one, ms. Waking an idle thread costs far more than what it then does.
 */
export function heartbeatInterval(frozenAfter: number): number {
  return Math.min(SELDOM, Math.max(20, frozenAfter / 2, frozenAfter - LATEST));
}

/**
 * How often a thread that is awake anyway gives a sign of life at the most, ms: seldom while its heap is far below
 * its limit, since a look at the heap costs as much as all else that a small beat does. An idle one is awake for the
 * beats of the public state, every 10 s; each second of them is a sign of life.
 *
 * @param heap bytes in use, buffers outside of it included.
 * @param limit bytes at which it ends.
 */
export function awakeInterval(heap: number, limit: number): number {
  return heap > limit / 4 ? 1_000 : 15_000;
}

/**
 * The longest that a timer can be set to, ms. A thread has one in any case: Deno 2.7 panics when it ends a worker just
 * when that has nothing else to wait for (runtime/web_worker.rs).
 */
const NEVER = 2 ** 31 - 1;

/** What gives the signs of life of a thread. */
export interface Heart {
  /** Gives one now. */
  beat(): void;
  /** Gives one if the last was a while ago: for a thread that is awake anyway, `lag` ms late. */
  stir(lag: number): void;
}

/**
 * Gives signs of life from now on: when the thread is awake anyway, and where that may be too seldom on a timer of its
 * own. What the daemon does to the globals stops neither.
 */
export function startHeartbeat(
  pulse: Heartbeat,
  interval: number,
  timers: Timers = systemTimers,
): Heart {
  const limit = getHeapStatistics().heap_size_limit;
  let last = 0;
  let lively = 0;
  const beat = (lag: number) => {
    const { used_heap_size, external_memory, heap_size_limit } = getHeapStatistics();
    // At its end V8 raises the limit, so that the thread can be taken down, and breaks off what runs.
    const exhausted = heap_size_limit > limit;
    const heap = used_heap_size + external_memory;
    pulse.beat({ heap, lag: Math.max(0, lag), exhausted });
    lively = awakeInterval(heap, limit);
    last = timers.now();
  };
  beat(0);
  const every = interval < SELDOM ? interval : NEVER;
  let due = timers.now() + every;
  timers.every(every, () => {
    beat(timers.now() - due);
    due = timers.now() + every;
  });
  return {
    beat: () => beat(0),
    stir(lag) {
      if (timers.now() - last >= Math.min(lively, interval)) beat(lag);
    },
  };
}

/** A clock whose sleepers give a sign of life when they wake. */
export function heartbeatClock(clock: Clock, heart: Pick<Heart, "stir">): Clock {
  const now = () => clock.now();
  return {
    now,
    async sleep(ms, signal) {
      const due = now() + ms;
      await clock.sleep(ms, signal);
      heart.stir(now() - due);
    },
    after: (ms, run) => clock.after(ms, run),
    ticks(interval, signal) {
      const ticks = clock.ticks(interval, signal);
      return {
        async next() {
          const lag = await ticks.next();
          heart.stir(lag);
          return lag;
        },
        stop: () => ticks.stop(),
      };
    },
  };
}

/** The public state's clock, whose timers give a sign of life when they fire. */
export function heartbeatTimers(clock: StateClock, heart: Pick<Heart, "stir">): StateClock {
  return {
    ...clock,
    after(ms, run) {
      const due = clock.now() + ms;
      return clock.after(ms, () => {
        const lag = clock.now() - due;
        run();
        heart.stir(lag);
      });
    },
  };
}
