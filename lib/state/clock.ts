import { setImmediate } from "node:timers";

/** Where the state takes its time from. */
export interface StateClock {
  /** Milliseconds on a monotonic clock with an arbitrary origin. */
  now(): number;
  /** Calls `run` after `ms` milliseconds; the answer cancels that. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` at the end of this turn of the event loop. */
  atTurnsEnd(run: () => void): void;
}

/** Taken when this is loaded: what is loaded later may do with the globals what it likes. */
const { setTimeout, clearTimeout } = globalThis;
const { unrefTimer } = Deno;

/** The real clock; its timers keep no process alive. */
export const realClock: StateClock = {
  now: performance.now.bind(performance),
  after(ms, run) {
    const timer = Number(setTimeout(run, ms));
    unrefTimer(timer);
    return () => clearTimeout(timer);
  },
  // Unlike a microtask it runs after all that the turn has set off, and it costs no latency.
  atTurnsEnd: (run) => void setImmediate(run),
};
