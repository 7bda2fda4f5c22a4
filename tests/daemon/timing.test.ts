import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import type { DaemonContext } from "../../lib/daemon/author.ts";
import { createTiming, requireSpan } from "../../lib/daemon/timing.ts";
import { simulate, type Simulation } from "../../lib/testing/simulate.ts";

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
    const never = () => new Promise<never>(() => {});
    log.push(String(await context.timeout(1_499.6, never).catch((error) => error)));
    log.push(await context.timeout(2 ** 40, () => context.sleep("1s").then(() => "at last")));
  });
  assertEquals(log, [
    "in time",
    9_000,
    "TimeoutError: Took longer than 5s",
    "TimeoutError: Took longer than 1500ms",
    "at last",
  ]);
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
  const steady = { maxAttempts: 4, jitter: 0 };
  assertEquals(await failing({ ...steady, minTimeout: "40s" }), [0, 40_000, 100_000, 160_000]);
  assertEquals(await failing({ ...steady, minTimeout: "90s" }), [0, 90_000, 180_000, 270_000]);
  assertEquals(await failing({ ...steady, multiplier: 1 }), [0, 1_000, 2_000, 3_000]);
  assertEquals(await failing({ maxAttempts: 2, jitter: 1 }), [0, 500]);
  const wrong: [options: object, said: string][] = [
    [{ maxAttempts: 0 }, "maxAttempts is 0; expected a whole number, 1 or more"],
    [{ maxAttempts: 1.5 }, "maxAttempts is 1.5; expected a whole number, 1 or more"],
    [{ multiplier: 0.9 }, "multiplier is 0.9; expected a number, 1 or more"],
    [{ multiplier: Infinity }, "multiplier is Infinity; expected a number, 1 or more"],
    [{ jitter: -0.1 }, "jitter is -0.1; expected a number from 0 to 1"],
    [{ jitter: 1.1 }, "jitter is 1.1; expected a number from 0 to 1"],
    [{ minTimeout: "2m", maxTimeout: "1m" }, 'minTimeout is "2m"; expected at most maxTimeout'],
  ];
  for (const [options, said] of wrong) {
    await assertRejects(() => failing(options), TypeError, `Cannot retry: ${said}`);
  }
  assertEquals(await failing({ minTimeout: "2m", maxTimeout: "2m", maxAttempts: 1 }), [0]);
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

/** Runs a daemon that notes each run of a pattern; returns its log and the runs. */
async function runsOf(
  pattern: string,
  drive: (run: Simulation) => Promise<void>,
  { start, timeZone, takes = 0 }: { start: string; timeZone?: string; takes?: number },
): Promise<{ runs: string[]; log: string[] }> {
  const runs: string[] = [];
  const run = simulate({
    name: "times",
    run: (context) =>
      context.cron(pattern, { ...(timeZone && { timeZone }) }, async ({ due, missed }) => {
        runs.push(`${due.toISOString()} ${missed}`);
        await context.sleep(takes);
      }),
  }, { start });
  await drive(run);
  await run.stop();
  return { runs, log: run.log.map(({ message }) => message) };
}

Deno.test("cron runs at times of day in a time zone, over a change of its clocks", async () => {
  const { runs, log } = await runsOf("0 3 * * 1-5", (run) => run.advance("96h"), {
    start: "2026-03-27T00:00:00Z",
    timeZone: "Europe/Berlin",
  });
  assertEquals(runs, ["2026-03-27T02:00:00.000Z 0", "2026-03-30T01:00:00.000Z 0"]);
  assertEquals(log, []);
});

Deno.test("after a sleep of the host a run is made up for once, and those that were missed are told", async () => {
  const { runs, log } = await runsOf("0 * * * *", async (run) => {
    await run.advance("90m");
    run.sleepHost("3h");
    await run.advance("31m");
  }, { start: "2026-01-01T00:00:00Z" });
  assertEquals(runs, [
    "2026-01-01T01:00:00.000Z 0",
    "2026-01-01T02:00:00.000Z 2",
    "2026-01-01T05:00:00.000Z 0",
  ]);
  assertEquals(log, [
    "'0 * * * *' was due at 2026-01-01T02:00:00.000Z and runs late, and 2 later runs left out",
  ]);
});

Deno.test("a run that is more than a minute late is told, also where it missed no other", async () => {
  const lateBy = (span: string) =>
    runsOf("0 3 * * *", async (run) => {
      await run.advance("10s");
      run.sleepHost(span);
      await run.advance("2m");
    }, { start: "2026-01-01T02:59:00Z" });
  const run = "2026-01-01T03:00:00.000Z 0";
  // It wakes after 50 s of the monotonic clock.
  assertEquals(await lateBy("55s"), { runs: [run], log: [] });
  assertEquals(await lateBy("3m"), {
    runs: [run],
    log: ["'0 3 * * *' was due at 2026-01-01T03:00:00.000Z and runs late"],
  });
});

Deno.test("while the agent is paused neither beats nor runs are", async () => {
  const marks = async (maintenance: Record<string, unknown>) => {
    const log: string[] = [];
    const run = simulate({
      name: "rests",
      run: async (context) => {
        void context.cron("* * * * *", () => void log.push("run"));
        await context.every("1m", () => void log.push("beat"));
      },
    }, { state: { "Agent.Maintenance": maintenance } });
    await run.advance("61s");
    assertEquals(run.ended, false);
    await run.stop();
    return log.sort();
  };
  assertEquals(await marks({}), ["beat", "beat", "run"]);
  assertEquals(await marks({ paused: { since: "", by: "command" } }), []);
});

Deno.test("runs never overlap, and those that one overran are left out", async () => {
  const { runs, log } = await runsOf("*/5 * * * *", (run) => run.advance("20m"), {
    start: "2026-01-01T00:00:00Z",
    takes: 400_000,
  });
  assertEquals(runs, ["2026-01-01T00:05:00.000Z 0", "2026-01-01T00:15:00.000Z 0"]);
  assertEquals(log, []);
});

Deno.test("a pattern or a time zone that is wrong is named", async () => {
  const cases: [pattern: string, timeZone: string, error: string][] = [
    ["0 3 * *", "UTC", 'Cannot run cron("0 3 * *"): it has 4 fields; expected cron\'s five'],
    ["@dayly", "UTC", 'Cannot run cron("@dayly"): '],
    ["0 25 * * *", "UTC", "Invalid value for hour: 25; expected cron's five fields"],
    ["0 3 30 2 *", "UTC", "no such time comes; expected cron's five fields"],
    ["0 3 * * *", "Mars", "there is no time zone 'Mars'; expected one such as Europe/Berlin"],
  ];
  for (const [pattern, timeZone, error] of cases) {
    const start = "2026-01-01T00:00:00Z";
    const run = runsOf(pattern, (run) => run.advance("1h"), { start, timeZone });
    await assertRejects(() => run, TypeError, error);
  }
  const often = (task: unknown) =>
    timesOf((context) => context.cron("* * * * *", {}, task as () => void));
  const expected = 'Cannot run cron("* * * * *"): expected a function';
  await assertRejects(() => often(undefined), TypeError, expected);
  await assertRejects(() => often(() => Promise.reject(new Error("boom"))), Error, "boom");
});

Deno.test("what was in time leaves no limit behind, and a stop ends a retry with its reason", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const parts = { clock, signal: stop.signal, random: () => 0, isPaused: () => false };
  const { timeout, retry } = createTiming({ ...parts, wall: () => 0, warn() {} });
  assertEquals(await timeout("5s", () => "in time"), "in time");
  assertEquals(clock.sleeping, 0);
  const task = () => {
    stop.abort(new RangeError("the daemon is to stop"));
    throw new TypeError("what the stop broke");
  };
  await assertRejects(() => retry(task, { maxAttempts: 1 }), RangeError, "the daemon is to stop");
});

Deno.test("a span is ms or a duration, and nothing else", () => {
  for (const [span, ms] of [[0, 0], [1.5, 1.5], ["5s", 5_000], ["0s", 0]] as const) {
    assertEquals(requireSpan("sleep", span), ms);
  }
  for (const span of [NaN, Infinity, -1, "5", "", null, undefined, {}, [], true]) {
    const shown = typeof span === "string" ? `"${span}"` : String(span);
    assertThrows(() => requireSpan("sleep", span), TypeError, `Cannot sleep(${shown}): expected`);
  }
});
