import type { Clock } from "../clock.ts";
import type { Assignment } from "../daemon/protocol.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import { backoff, countFailure } from "./backoff.ts";
import type { ThreadPool } from "./pool.ts";
import { type Outcome, runThread } from "./thread.ts";

/** How long a daemon may take to stop before its thread is terminated, ms. */
export const STOP_GRACE = 5_000;

/** A thread to keep running. */
export interface ThreadPlan {
  /** What the thread is to run. */
  assignment: Assignment;
  /** What its worker may do. */
  permissions: Deno.PermissionOptionsObject;
  /** The pool that it runs in. */
  pool: ThreadPool;
}

/** What supervision works with. */
export interface SupervisorParts {
  /** Where backoff takes its time from. */
  clock: Clock;
  /** Where records go. */
  log: WriteLog;
  /** Aborted when every thread is to stop. */
  signal: AbortSignal;
  /** Runs a thread once; {@linkcode runThread} unless a test puts another in its place. */
  run?: typeof runThread;
}

/**
 * Keeps a thread running until the signal is aborted or its daemon has finished: one that fails is started
 * again after a backoff. Never rejects.
 */
export async function supervise(plan: ThreadPlan, parts: SupervisorParts): Promise<void> {
  const { clock, signal } = parts;
  const log = agentLog(parts.log);
  const { thread } = plan.assignment;
  try {
    for (let failures = 0; !signal.aborted;) {
      const started = clock.now();
      const outcome = await runInPool(plan, parts);
      if (outcome.type === "terminated") {
        log.warning(`Thread ${thread} did not stop within ${STOP_GRACE / 1000} s; terminated it`);
      }
      if (outcome.type === "finished" && !signal.aborted) log.info(`Thread ${thread} has finished`);
      if (outcome.type !== "failed") return;
      failures = countFailure(failures, clock.now() - started);
      const wait = backoff(failures);
      log.error(`Thread ${thread} failed: ${outcome.error}; starting it again in ${wait / 1000} s`);
      await clock.sleep(wait, signal);
    }
  } catch (error) {
    if (!signal.aborted) log.error(`Thread ${thread} is given up: ${error}`);
  }
}

async function runInPool(plan: ThreadPlan, parts: SupervisorParts): Promise<Outcome> {
  const { assignment, permissions, pool } = plan;
  const leave = await pool.enter(parts.signal);
  try {
    return await (parts.run ?? runThread)({ ...parts, assignment, permissions, grace: STOP_GRACE });
  } finally {
    leave();
  }
}
