import { getHeapStatistics } from "node:v8";
import { type Clock, systemTimers, type Timers } from "../base/mod.ts";

/** One heartbeat of a thread. */
export interface Beat {
  /** How many heartbeats there were, this one included. */
  count: number;
  /** Bytes that the thread's heap holds, buffers outside of it included. */
  heap: number;
  /** How late the thread's event loop was, ms. */
  lag: number;
  /** Whether its heap limit was reached: V8 has then ended in the middle what ran. */
  exhausted: boolean;
}

/**
 * The heartbeat of one thread, in memory that it shares with the agent: a beat sends no message and wakes no thread, so
 * that a hundred threads cost almost nothing.
 */
export class Heartbeat {
  /** The shared memory. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: Float64Array;

  /** @param memory that of the other side. Default: new memory. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * 8)) {
    this.memory = memory;
    this.#cells = new Float64Array(memory);
  }

  /** The last beat. */
  read(): Beat {
    const [count = 0, heap = 0, lag = 0, exhausted = 0] = this.#cells;
    return { count, heap, lag, exhausted: exhausted !== 0 };
  }

  /** Writes a beat. */
  beat({ heap, lag, exhausted }: Omit<Beat, "count">): void {
    this.#cells.set([heap, lag, Number(exhausted)], 1);
    this.#cells[0]!++;
  }
}

/** A thread beats at least this often, ms: its memory, too, is known from its beats. */
const SELDOM = 20_000;

/** A beat may come this late, ms, before the thread is taken for frozen. */
const LATEST = 10_000;

/**
 * How often an idle thread beats, ms. Seldom, because waking an idle thread costs far more than the beat.
 *
 * @param frozenAfter after how long without a beat it is taken for frozen, ms.
 */
export function heartbeatInterval(frozenAfter: number): number {
  return Math.min(SELDOM, Math.max(20, frozenAfter / 2, frozenAfter - LATEST));
}

/**
 * The shortest time between two beats of a thread that is awake anyway, ms: long while its heap is far below its limit,
 * since measuring the heap is what costs. The public state's heartbeat wakes each thread every 10 s, and every second
 * one of these makes it beat.
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

/** Sends the heartbeat of a thread. */
export interface HeartbeatSender {
  /** Beats now. */
  beat(): void;
  /** Beats if the last beat was a while ago. Called when the thread is awake anyway, `lag` ms late. */
  onWake(lag: number): void;
}

/**
 * Beats from now on: when the thread is awake anyway, and on a timer of its own where that may be too seldom. A daemon
 * that changes the globals stops neither.
 */
export function startHeartbeat(
  heartbeat: Heartbeat,
  interval: number,
  timers: Timers = systemTimers,
): HeartbeatSender {
  const limit = getHeapStatistics().heap_size_limit;
  let last = 0;
  let shortest = 0;
  const beat = (lag: number) => {
    const { used_heap_size, external_memory, heap_size_limit } = getHeapStatistics();
    // At the limit V8 raises it, so that the thread can be taken down, and ends what runs.
    const exhausted = heap_size_limit > limit;
    const heap = used_heap_size + external_memory;
    heartbeat.beat({ heap, lag: Math.max(0, lag), exhausted });
    shortest = awakeInterval(heap, limit);
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
    onWake(lag) {
      if (timers.now() - last >= Math.min(shortest, interval)) beat(lag);
    },
  };
}

/** A clock with which the thread beats whenever a sleep or a tick is over. */
export function heartbeatClock(clock: Clock, sender: Pick<HeartbeatSender, "onWake">): Clock {
  const now = () => clock.now();
  return {
    now,
    async sleep(ms, signal) {
      const due = now() + ms;
      await clock.sleep(ms, signal);
      sender.onWake(now() - due);
    },
    after: (ms, run) => clock.after(ms, run),
    ticks(interval, signal) {
      const ticks = clock.ticks(interval, signal);
      return {
        async next() {
          const lag = await ticks.next();
          sender.onWake(lag);
          return lag;
        },
        stop: () => ticks.stop(),
      };
    },
  };
}
