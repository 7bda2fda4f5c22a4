import { assertEquals } from "@std/assert";
// A job loads it at its start, which takes longer than a turn on a busy machine.
import "../../lib/base/schedule.ts";
import { failed, obedient, planOf, supervisorOf } from "./supervised.ts";

const hourly = { schedule: { pattern: "0 * * * *", timeZone: "UTC" } };

Deno.test("a job runs at its times, and its info tells the last run and the next", async () => {
  let takes = 60_000;
  const { supervisor, clock, runs, states, infos } = supervisorOf(async ({ signal }) => {
    await clock.sleep(takes, signal).catch(() => {});
    return { type: "finished" };
  });
  supervisor.start(planOf("tidy", hourly));
  await clock.advance(0);
  const info = () => infos.get("tidy::run::Main::0")!;
  assertEquals(info().state, "scheduled");
  assertEquals(info().job, { next: "2026-01-01T01:00:00.000Z" });
  await clock.advance(3_630_000);
  assertEquals(info().job, {});
  takes = 2.5 * 3_600_000;
  await clock.advance(3_600_000);
  assertEquals(info().job?.last, {
    at: "2026-01-01T01:00:00.000Z",
    took: 60_000,
    outcome: "done",
  });
  await clock.advance(5 * 3_600_000);
  assertEquals(runs.map(({ at }) => at / 3_600_000), [1, 2, 5], "what a run overran is left out");
  assertEquals(info().restarts, 0);
  assertEquals(states.slice(0, 4), [
    "tidy::run::Main::0 scheduled",
    "tidy::run::Main::0 waiting",
    "tidy::run::Main::0 starting",
    "tidy::run::Main::0 scheduled",
  ]);
  await supervisor.stopAll();
});

Deno.test("a job whose host's clock was days ahead runs at the next time of the right clock", async () => {
  const { supervisor, clock, runs, infos, sleepHost } = supervisorOf(() => ({ type: "finished" }));
  sleepHost(72 * 3_600_000);
  supervisor.start(planOf("tidy", hourly));
  await clock.advance(600_000);
  sleepHost(-72 * 3_600_000);
  await clock.advance(60_000);
  assertEquals(infos.get("tidy::run::Main::0")!.job?.next, "2026-01-01T01:00:00.000Z");
  await clock.advance(3_600_000 - 660_000);
  assertEquals(runs.map(({ at }) => at), [3_600_000]);
  await supervisor.stopAll();
});

Deno.test("a job that fails waits for its next run, and says that it has failed", async () => {
  const { supervisor, clock, runs, infos, records } = supervisorOf(() => failed);
  supervisor.start(planOf("tidy", hourly));
  await clock.advance(2.5 * 3_600_000);
  assertEquals(runs.map(({ at }) => at / 3_600_000), [1, 2]);
  const { state, failures, job, lastError } = infos.get("tidy::run::Main::0")!;
  assertEquals([state, failures, lastError?.message], ["scheduled", 2, "boom"]);
  assertEquals(job, {
    next: "2026-01-01T03:00:00.000Z",
    last: { at: "2026-01-01T02:00:00.000Z", took: 0, outcome: "failed" },
  });
  assertEquals(records.filter(({ level }) => level === "error").map(({ message }) => message), [
    "Job tidy::run::Main::0 failed: boom",
    "Job tidy::run::Main::0 failed: boom",
  ]);
  await supervisor.stopAll();
});

Deno.test("runs that were due while the host slept are one run, and the log says how many it missed", async () => {
  const { supervisor, clock, runs, infos, records, sleepHost } = supervisorOf(() => ({
    type: "finished",
  }));
  supervisor.start(planOf("tidy", hourly));
  await clock.advance(1_800_000);
  sleepHost(3.75 * 3_600_000);
  await clock.advance(60_000);
  assertEquals(runs.length, 1);
  const done = "Job tidy::run::Main::0 is done";
  assertEquals(records.map(({ level, message }) => `${level}: ${message}`), [
    "warning: Job tidy::run::Main::0 was due at 2026-01-01T01:00:00.000Z, and missed 3 later runs",
    `info: ${done}`,
  ]);
  const { job } = infos.get("tidy::run::Main::0")!;
  assertEquals(job?.next, "2026-01-01T05:00:00.000Z");
  await clock.advance(3_600_000);
  assertEquals(records.slice(2).map(({ message }) => message), [done]);
  await supervisor.stopAll();
});

Deno.test("a job of which no further time comes has finished, or failed by its last run", async () => {
  const once = { schedule: { pattern: "0 0 1 1 1 * 2099", timeZone: "UTC" } };
  for (const [outcome, expected] of [["done", "finished"], ["failed", "failed"]] as const) {
    const { supervisor, clock, infos, sleepHost } = supervisorOf((run) => {
      run.onRunning?.();
      return outcome === "failed" ? failed : { type: "finished" };
    });
    sleepHost(Date.parse("2099-01-01T00:00:00Z") - Date.parse("2026-01-01T00:00:00Z"));
    supervisor.start(planOf("tidy", once));
    await clock.advance(2 * 3_600_000);
    const { state, job, failures } = infos.get("tidy::run::Main::0")!;
    assertEquals([state, failures], [expected, outcome === "failed" ? 1 : undefined]);
    assertEquals(job, { last: { at: "2099-01-01T01:00:00.000Z", took: 0, outcome } });
    await supervisor.stopAll();
  }
});

Deno.test("of a job that is stopped while it runs no end of its run is told", async () => {
  const { supervisor, clock, records, states } = supervisorOf(obedient);
  supervisor.start(planOf("tidy", hourly));
  await clock.advance(3_600_000);
  assertEquals(states.at(-1), "tidy::run::Main::0 running");
  await supervisor.stopAll();
  assertEquals(states.slice(-2), ["tidy::run::Main::0 stopping", "tidy::run::Main::0 gone"]);
  assertEquals(records, []);
});

Deno.test("a job waits for the end of a pause", async () => {
  const { supervisor, clock, runs } = supervisorOf(() => ({ type: "finished" }));
  supervisor.start(planOf("tidy", hourly));
  supervisor.gate.close();
  await clock.advance(1.5 * 3_600_000);
  assertEquals(runs, []);
  supervisor.gate.open();
  await clock.advance(0);
  assertEquals(runs.length, 1);
  await supervisor.stopAll();
});
