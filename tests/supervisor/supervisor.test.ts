import { assertEquals, assertMatch } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { ThreadPool } from "../../lib/supervisor/pool.ts";
import { supervise, type SupervisorParts } from "../../lib/supervisor/supervisor.ts";
import type { Outcome, ThreadRun } from "../../lib/supervisor/thread.ts";

/** Supervises a thread whose runs end as listed; returns when each run began, and what was logged. */
function superviseRuns(outcomes: (Outcome | Promise<Outcome>)[], signal: AbortSignal) {
  const clock = new ManualClock();
  const runs: number[] = [];
  const records: LogEntry[] = [];
  const parts: SupervisorParts = {
    clock,
    signal,
    log: (entry) => void records.push(entry),
    run: (_run: ThreadRun) => {
      runs.push(clock.now());
      return Promise.resolve(outcomes[runs.length - 1]!);
    },
  };
  const assignment = {
    thread: "x::run::Main::0",
    daemon: "x",
    module: "file:///x.ts",
    version: "1",
    home: "/",
    services: false,
    arguments: {},
    serviceManager: { kind: "simulated", scenario: {} },
    logLevel: "info",
  } as const;
  const done = supervise({ assignment, permissions: {}, pool: new ThreadPool(1) }, parts);
  return { clock, runs, records, done };
}

const failed: Outcome = { type: "failed", error: "boom" };

Deno.test("a thread that fails is started again after a growing backoff; one that finishes is not", async () => {
  const { signal } = new AbortController();
  const { clock, runs, records, done } = superviseRuns(
    [failed, failed, failed, { type: "finished" }],
    signal,
  );
  await clock.advance(100_000);
  await done;
  assertEquals(runs, [0, 1_000, 3_000, 7_000]);
  assertEquals(records.map((record) => record.level), ["error", "error", "error", "info"]);
  assertMatch(records[0]!.message, /x::run::Main::0 failed: boom; starting it again in 1 s/);
});

Deno.test("a stop ends the waiting for a restart", async () => {
  const stop = new AbortController();
  const { clock, runs, done } = superviseRuns([failed], stop.signal);
  await clock.advance(500);
  stop.abort();
  await done;
  assertEquals(runs, [0]);
});

Deno.test("a thread that does not stop in time is said to have been terminated", async () => {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const { records, done } = superviseRuns([promise], stop.signal);
  stop.abort();
  resolve({ type: "terminated" });
  await done;
  assertMatch(records[0]!.message, /did not stop within 5 s; terminated it/);
});
