import type { JobInfo } from "../daemon/mod.ts";
import { agentLog } from "../log/mod.ts";
import type { ThreadEnd } from "../thread/mod.ts";
import type { ThreadParts } from "./keep_running.ts";
import type { ThreadPlan } from "./plan.ts";
import { takeSlot } from "./pool.ts";
import type { RunOutcome } from "./thread.ts";

/**
 * Runs a job at the times of its schedule. One that fails waits for its next run, like one that is done; runs that are
 * due while one is under way are left out. If runs were due while the host slept, one run follows. Ends when no
 * further time comes.
 *
 * @param run runs it once; called with the failures in a row.
 * @throws {unknown} the signal's reason, when it is aborted.
 */
export async function runOnSchedule(
  plan: ThreadPlan,
  parts: ThreadParts,
  run: (failures: number) => Promise<RunOutcome>,
): Promise<ThreadEnd> {
  const { signal, clock, log, gate, limits, onChange, wall } = parts;
  const { Schedule, sleepUntil } = await import("../base/schedule.ts");
  const { pattern, timeZone } = plan.policy.schedule!;
  const schedule = new Schedule(pattern, timeZone);
  const { thread } = plan.assignment;
  let failures = 0;
  let error: string | undefined;
  let job: JobInfo = {};
  for (let due = schedule.next(wall()); due !== undefined; due = schedule.next(wall())) {
    job = { ...job, next: new Date(due).toISOString() };
    onChange({ state: "scheduled", failures, error, job });
    if (!await sleepUntil(due, parts, signal)) continue;
    const missed = schedule.count(due, wall());
    if (missed > 0) {
      agentLog(log).warning(
        `Job ${thread} was due at ${job.next}, and missed ${missed} later runs`,
      );
    }
    await gate.pass(signal);
    const { next: _, ...past } = job;
    onChange({ state: "waiting", failures, job: past });
    const at = wall();
    const began = clock.now();
    const release = await takeSlot(plan.pool, "daemon", parts);
    try {
      const refusal = limits.refusal();
      const outcome = refusal === undefined ? await run(failures) : undefined;
      error = refusal ?? (outcome?.type === "failed" ? outcome.error : undefined);
    } finally {
      release();
    }
    signal.throwIfAborted();
    const took = Math.round(clock.now() - began);
    failures = error === undefined ? 0 : failures + 1;
    job = {
      last: {
        at: new Date(at).toISOString(),
        took,
        outcome: error === undefined ? "done" : "failed",
      },
    };
    const { info, error: tell } = agentLog(log);
    if (error === undefined) info(`Job ${thread} is done`);
    else tell(`Job ${thread} failed: ${error}`);
  }
  onChange({ state: error === undefined ? "finished" : "failed", failures, error, job });
  return error === undefined ? { type: "finished" } : { type: "failed", error };
}
