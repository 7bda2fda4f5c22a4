import type { Clock } from "../base/mod.ts";

/**
 * Runs `beat` at once and then every `interval` ms of `clock`, one at a time, until `signal` is aborted;
 * then it resolves.
 *
 * @throws {unknown} what `beat` throws, unless the signal was aborted by then.
 */
export async function every(
  clock: Pick<Clock, "ticks">,
  interval: number,
  signal: AbortSignal,
  beat: () => void | Promise<void>,
): Promise<void> {
  const ticks = clock.ticks(interval, signal);
  try {
    while (!signal.aborted) {
      await beat();
      await ticks.next();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ticks.stop();
  }
}
