import type { Clock } from "../clock.ts";
import type { Assignment } from "../daemon/protocol.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import type { ThreadState } from "../daemon/agent_state.ts";
import { backoff, countFailure } from "./backoff.ts";
import type { Gate } from "./gate.ts";
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

/** A thread's new state, and what led to it. */
export interface ThreadChange {
  /** The state. */
  state: ThreadState;
  /** Failures in a row. */
  failures: number;
  /** What failed. */
  error?: string;
}

/** What supervision works with. */
export interface SupervisorParts {
  /** Where backoff takes its time from. */
  clock: Clock;
  /** Where records go. */
  log: WriteLog;
  /** Aborted when the thread is to stop. */
  signal: AbortSignal;
  /** Closed while nothing is to be started again; there is none unless told. */
  gate?: Gate;
  /** Told of each change of the thread's state. */
  onChange?: (change: ThreadChange) => void;
  /** Runs a thread once; {@linkcode runThread} unless a test puts another in its place. */
  run?: typeof runThread;
}

/**
 * Keeps a thread running until the signal is aborted or its daemon has finished: one that fails is started
 * again after a backoff. Never rejects.
 */
export async function supervise(plan: ThreadPlan, parts: SupervisorParts): Promise<void> {
  const { clock, signal, gate, onChange = () => {} } = parts;
  const log = agentLog(parts.log);
  const { thread } = plan.assignment;
  try {
    for (let failures = 0; !signal.aborted;) {
      const started = clock.now();
      const outcome = await runInPool(plan, parts, (state) => onChange({ state, failures }));
      if (outcome.type === "terminated") {
        log.warning(`Thread ${thread} did not stop within ${STOP_GRACE / 1000} s; terminated it`);
      }
      if (outcome.type === "finished" && !signal.aborted) log.info(`Thread ${thread} has finished`);
      if (outcome.type !== "failed") {
        return onChange({ state: signal.aborted ? "stopped" : "finished", failures });
      }
      failures = countFailure(failures, clock.now() - started);
      const wait = backoff(failures);
      log.error(`Thread ${thread} failed: ${outcome.error}; starting it again in ${wait / 1000} s`);
      onChange({ state: "backing-off", failures, error: outcome.error });
      await clock.sleep(wait, signal);
      await gate?.pass(signal);
    }
  } catch (error) {
    if (!signal.aborted) log.error(`Thread ${thread} is given up: ${error}`);
    onChange({ state: signal.aborted ? "stopped" : "failed", failures: 0 });
  }
}

async function runInPool(
  plan: ThreadPlan,
  parts: SupervisorParts,
  enter: (state: ThreadState) => void,
): Promise<Outcome> {
  const { assignment, permissions, pool } = plan;
  enter("waiting");
  const leave = await pool.enter(parts.signal);
  const stopping = () => enter("stopping");
  parts.signal.addEventListener("abort", stopping, { once: true });
  try {
    enter("starting");
    return await (parts.run ?? runThread)({
      ...parts,
      assignment,
      permissions,
      grace: STOP_GRACE,
      onRunning: () => enter("running"),
    });
  } finally {
    parts.signal.removeEventListener("abort", stopping);
    leave();
  }
}
