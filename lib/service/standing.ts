import type { ServiceState } from "./manager.ts";
import type { Scenario } from "./scenario.ts";

/** Where a simulated service stands. */
export interface Standing {
  /** Its state. */
  state: ServiceState;
  /** Since when: milliseconds since the simulation was made. */
  since: number;
}

/** Where a service that stood so stands at `now`, if nobody has asked anything of it meanwhile. */
export function standingAt(standing: Standing, scenario: Scenario, now: number): Standing {
  const next = nextStanding(standing, scenario);
  return next.since <= now ? standingAt(next, scenario, now) : standing;
}

/** What becomes of the service by itself; at `Infinity` if nothing does. */
function nextStanding({ state, since }: Standing, scenario: Scenario): Standing {
  const { startTakes = 0, stopTakes = 0, hangOnStop = false } = scenario;
  switch (state) {
    case "START_PENDING":
    case "CONTINUE_PENDING":
      return { state: "RUNNING", since: since + startTakes };
    case "STOP_PENDING":
      return { state: "STOPPED", since: hangOnStop ? Infinity : since + stopTakes };
    case "PAUSE_PENDING":
      return { state: "PAUSED", since: since + stopTakes };
    case "RUNNING":
      return { state: "STOPPED", since: nextCrash(since, scenario) };
    case "STOPPED":
    case "PAUSED":
      return { state, since: Infinity };
  }
}

/** When a service that came to run at `since` crashes next. */
function nextCrash(since: number, { crashEvery = Infinity, crashAt = [] }: Scenario): number {
  return Math.min(since + crashEvery, ...crashAt.filter((at) => at > since));
}
