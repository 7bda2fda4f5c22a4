import { assertEquals, assertRejects } from "@std/assert";
import type { DaemonContext } from "../../lib/daemon/author.ts";
import { simulate } from "../../lib/testing/simulate.ts";

/** Runs a daemon for 10 min of simulated time; returns when it called `mark`, ms. */
async function timesOf(
  run: (context: DaemonContext, mark: () => void) => void | Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  const simulation = simulate({
    name: "times",
    run: (context) => run(context, () => void times.push(context.now())),
  });
  await simulation.advance("10m");
  await simulation.stop();
  return times;
}

Deno.test("beats come later by a part of the jitter, and not at once unless immediate", async () => {
  const beats = (options: object) => timesOf((context, mark) => context.every("4m", mark, options));
  assertEquals(await beats({}), [0, 240_000, 480_000]);
  assertEquals(await beats({ immediate: false }), [240_000, 480_000]);
  // The simulated random number is 0.5.
  assertEquals(await beats({ jitter: "30s" }), [15_000, 255_000, 495_000]);
  assertEquals(await beats({ jitter: 30_000, immediate: false }), [255_000, 495_000]);
  await assertRejects(
    () => beats({ jitter: "soon" }),
    TypeError,
    'Cannot beat every("4m"): jitter is "soon"; expected ms or a duration',
  );
});

Deno.test("what takes too long rejects, and its signal is aborted; what is in time does not", async () => {
  const log: unknown[] = [];
  await timesOf(async (context) => {
    log.push(await context.timeout("5s", () => context.sleep("4s").then(() => "in time")));
    const late = await context.timeout("5s", (signal) => {
      signal.addEventListener("abort", () => log.push(context.now()));
      return new Promise<never>(() => {});
    }).catch((error) => error);
    log.push(String(late));
    log.push(await context.timeout(2 ** 40, () => context.sleep("1s").then(() => "at last")));
  });
  assertEquals(log, ["in time", 9_000, "TimeoutError: Took longer than 5s", "at last"]);
});

Deno.test("a retry waits longer each time, and throws the last error", async () => {
  const failing = (options: object) =>
    timesOf(async (context, mark) => {
      const task = () => {
        mark();
        throw new RangeError(`at ${context.now()}`);
      };
      const error = await context.retry(task, options).catch((error) => error);
      if (`${error}` !== `RangeError: at ${context.now()}`) throw error;
    });
  assertEquals(await failing({}), [0, 500, 1_500, 3_500, 7_500]);
  assertEquals(
    await failing({ maxAttempts: 4, minTimeout: "1m", maxTimeout: "2m", jitter: 0 }),
    [0, 60_000, 180_000, 300_000],
  );
  assertEquals(await failing({ isRetriable: () => false }), [0]);
  await assertRejects(
    () => failing({ maxAttempts: 0 }),
    TypeError,
    "Cannot retry: maxAttempts is 0; expected a whole number, 1 or more",
  );
});

Deno.test("a retry succeeds with what its task returns at last, and ends with the daemon", async () => {
  let tries = 0;
  const run = simulate({
    name: "tries",
    run: async (context) => {
      context.log.info(await context.retry(() => ++tries < 3 ? Promise.reject(tries) : tries));
      await context.retry(() => Promise.reject(new Error("never")), { maxAttempts: 1e9 });
    },
  });
  await run.advance("10m");
  assertEquals(run.log.map(({ message }) => message), ["3"]);
  assertEquals(run.ended, false);
  await run.stop();
});
