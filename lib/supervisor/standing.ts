import type { ThreadStanding } from "../daemon/agent_state.ts";
import type { ThreadChange, ThreadPlan } from "./supervisor.ts";

/** Where a thread stands before anything has happened. */
export function firstStanding({ assignment }: ThreadPlan, now: Date): ThreadStanding {
  return {
    daemon: assignment.daemon,
    task: "run",
    pool: "MainPool",
    state: "waiting",
    since: now.toISOString(),
    restarts: 0,
  };
}

/** Where a thread stands after a change of its state. */
export function changeStanding(
  before: ThreadStanding,
  { state, failures, error }: ThreadChange,
  now: Date,
): ThreadStanding {
  const { failures: _, ...rest } = before;
  const at = now.toISOString();
  const again = state === "starting" && before.started !== undefined;
  return {
    ...rest,
    state,
    since: at,
    restarts: before.restarts + (again ? 1 : 0),
    ...(state === "starting" && { started: at }),
    ...(failures > 0 && { failures }),
    ...(error !== undefined && { lastError: { at, message: error } }),
  };
}
