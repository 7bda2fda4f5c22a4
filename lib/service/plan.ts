import type { ServiceState } from "./manager.ts";

/** What can be asked of a service; `net` and `sc` have a command of the same name for each. */
export type Change = "start" | "stop" | "continue";

/** What to do next to bring a service to `RUNNING`. */
export type Step = Change | "wait" | "done" | "give up";

/**
 * The next step of a restart, from the state that a query has just shown and the steps taken before.
 *
 * A pending state is waited for. A service found running is stopped and started; one that came to run after
 * a step is done. A paused one is continued, and stopped and started if that was of no use. Nothing but
 * waiting is tried twice.
 */
export function nextStep(state: ServiceState, taken: ReadonlySet<Step>): Step {
  switch (state) {
    case "START_PENDING":
    case "STOP_PENDING":
    case "CONTINUE_PENDING":
    case "PAUSE_PENDING":
      return "wait";
    case "RUNNING":
      return taken.size > 0 ? "done" : "stop";
    case "STOPPED":
      return taken.has("start") ? "give up" : "start";
    case "PAUSED":
      if (!taken.has("continue")) return "continue";
      return taken.has("stop") ? "give up" : "stop";
  }
}
