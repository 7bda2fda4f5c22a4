/**
 * The service manager: what queries, starts, stops and restarts a service.
 *
 * @module
 */
import { type Clock, systemClock } from "../base/mod.ts";
import type { EndTree } from "./child.ts";
import type { ServiceManager, ServiceMode, TimeLimits } from "./manager.ts";
import type { Scenario } from "./scenario.ts";
import { SimulatedServiceManager } from "./simulated.ts";
import { windowsPrograms, WindowsServiceManager } from "./windows.ts";

export { type EndTree, runChild } from "./child.ts";
export { meaningOf, ServiceError, type ServiceErrorKind } from "./error.ts";
export {
  checkServiceName,
  mostCareful,
  pendingLimit,
  type Progress,
  type ServiceManager,
  type ServiceMode,
  serviceModes,
  type ServiceState,
  serviceStates,
  type TimeLimits,
} from "./manager.ts";
export { demoScenario, parseScenario, type Scenario, SCENARIO_WORDS } from "./scenario.ts";
export { SimulatedServiceManager } from "./simulated.ts";

/** Which service manager to make: plain data, so that it can be posted to a worker. */
export type ServiceManagerPlan =
  & Partial<TimeLimits>
  /** What may be done to services. Default: `act`. */
  & { mode?: ServiceMode }
  & (
    /** Windows' own; `systemRoot` is the value of `%SystemRoot%`. */
    | { kind: "windows"; systemRoot: string }
    /** A simulation of one service, which answers to every name. */
    | { kind: "simulated"; scenario: Scenario }
  );

/**
 * Makes a service manager.
 *
 * @param endTree ends a program that is late, with all that it has started. Default: it alone is killed.
 * @example
 * ```ts ignore
 * const manager = createServiceManager({ kind: "windows", systemRoot: "C:\\Windows" });
 * await manager.query("icinga2"); // "RUNNING"
 * ```
 */
export function createServiceManager(
  plan: ServiceManagerPlan,
  clock: Clock = systemClock,
  endTree?: EndTree,
): ServiceManager {
  return plan.kind === "windows"
    ? new WindowsServiceManager(windowsPrograms(plan.systemRoot), { ...plan, clock, endTree })
    : new SimulatedServiceManager(clock, plan.scenario, plan);
}

/** The absolute paths of the programs that a service manager runs; none where it is simulated. */
export function servicePrograms(plan: ServiceManagerPlan): string[] {
  return plan.kind === "windows" ? Object.values(windowsPrograms(plan.systemRoot)) : [];
}
export { type Histogram, noStats, observe, type ServiceStats } from "./stats.ts";
