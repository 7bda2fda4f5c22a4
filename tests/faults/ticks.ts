/** How often a healthy daemon ticks, ms. */
export const TICK = 500;

/** How many times more the machine has to do than it has processors, in the last minute. */
export function crowding(): number {
  const [load = 0] = Deno.loadavg();
  return load / navigator.hardwareConcurrency;
}

/** A span of time, ms since the Unix epoch. */
export interface Span {
  from: number;
  to: number;
}

/**
 * Of the ticks that a daemon left out, those that are its agent's fault: each is held against a metronome outside of
 * the agent, and while the machine kept that from ticking, too, the tick does not count.
 *
 * @param missed when each tick was due, ms since the Unix epoch.
 * @param delays when the metronome was kept from ticking.
 */
export function missedInTime(missed: readonly number[], delays: readonly Span[]): number[] {
  return missed.filter((due) => !delays.some(({ from, to }) => from < due + TICK && to > due));
}

/** The most ticks that were missed one after the other. */
export function longestRun(missed: readonly number[]): number {
  let longest = 0;
  let run = 0;
  for (const [i, due] of missed.entries()) {
    const isNext = i > 0 && due - missed[i - 1]! < 1.5 * TICK;
    run = isNext ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}
