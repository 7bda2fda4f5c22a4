import type { ServiceState } from "./manager.ts";

/** A service that depends on another. */
export interface Dependent {
  /** Its name. */
  name: string;
  state: ServiceState;
}

/** What is done about the services that depend on one that is to be stopped. */
export interface DependentsPlan {
  /** Those to stop before it, in this order. */
  stop: string[];
  /** Those to start once it runs again, in this order. */
  start: string[];
}

/** The states of a service that runs, or is about to. */
const RUNS: readonly ServiceState[] = ["RUNNING", "START_PENDING", "CONTINUE_PENDING"];

/**
 * Plans what is done about dependents: whatever is not stopped is stopped, and what ran is started again. One that is
 * paused or stopping stays stopped: an administrator chose that.
 *
 * @param listed all of them, the indirect ones too, in the order in which Windows lists them: each stands before those
 * that it depends on (`EnumDependentServices`).
 */
export function planDependents(listed: readonly Dependent[]): DependentsPlan {
  const named = (dependents: readonly Dependent[]) => dependents.map(({ name }) => name);
  return {
    stop: named(listed.filter(({ state }) => state !== "STOPPED")),
    start: named(listed.filter(({ state }) => RUNS.includes(state))).reverse(),
  };
}
