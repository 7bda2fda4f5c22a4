import type { Clock } from "../clock.ts";

/**
 * When a loop that beats every `interval` ms beats next. Beats that went by while one was under way are
 * left out, and the rhythm is kept.
 *
 * @param last when the last beat was due, ms.
 * @param now the time, ms; may be a little before `last`, since timers may fire early.
 */
export function nextBeat(last: number, interval: number, now: number): number {
  const missed = Math.max(0, Math.floor((now - last) / interval));
  return last + (missed + 1) * interval;
}

/**
 * Runs `beat` at once and then every `interval` ms of `clock`, one at a time, until `signal` is aborted;
 * then it resolves.
 *
 * @throws {unknown} what `beat` throws, unless the signal was aborted by then.
 */
export async function every(
  clock: Clock,
  interval: number,
  signal: AbortSignal,
  beat: () => void | Promise<void>,
): Promise<void> {
  let due = clock.now();
  try {
    while (!signal.aborted) {
      await beat();
      due = nextBeat(due, interval, clock.now());
      await clock.sleep(due - clock.now(), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
