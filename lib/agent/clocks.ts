import { type Clock, formatSpan } from "../base/mod.ts";

/** How often to compare the clocks, ms. */
const LOOK_EVERY = 5_000;

/** The difference between two comparisons that is logged, ms; slow corrections are smaller. */
const PARTED = 10_000;

/**
 * Logs when wall clock and monotonic clock differ: the clock was set, or the machine has slept. The times in the log
 * cannot be read without knowing it. Resolves when the signal is aborted.
 *
 * @param wall gives ms since the Unix epoch. Default: the system's wall clock.
 */
export async function watchClocks(
  log: (message: string) => void,
  clock: Pick<Clock, "now" | "sleep">,
  signal: AbortSignal,
  wall: () => number = Date.now,
): Promise<void> {
  const isSlept = () => clock.sleep(LOOK_EVERY, signal).then(() => true, () => false);
  let before = { wall: wall(), monotonic: clock.now() };
  while (await isSlept()) {
    const now = { wall: wall(), monotonic: clock.now() };
    const passed = now.monotonic - before.monotonic;
    const parted = now.wall - before.wall - passed;
    if (Math.abs(parted) > PARTED) log(describeParting(parted, before.wall + passed, now.wall));
    before = now;
  }
}

/** How a record of a clock that was set begins. */
export const CLOCK_SET = "The clock was set";

/** What happened to the wall clock, ms; `expected` and `now` are ms since the Unix epoch. */
function describeParting(parted: number, expected: number, now: number): string {
  const [way, or] = parted > 0 ? ["forward", ", or the machine has slept"] : ["back", ""];
  const [at, is] = [expected, now].map((time) => new Date(time).toISOString());
  return `${CLOCK_SET} ${way} by ${
    formatSpan(Math.round(Math.abs(parted) / 1_000))
  }${or}: where it would be ${at} it is ${is}. Intervals and uptimes do not follow it`;
}
