import type { Assignment } from "../thread/mod.ts";
import type { ThreadPolicy } from "./restart.ts";

/** A thread to keep running. */
export interface ThreadPlan {
  /** What the thread is to run. */
  assignment: Assignment;
  /** What its worker may do. */
  permissions: Deno.PermissionOptionsObject;
  /** The permissions that the agent itself looks after: `sys disks`, `secrets NAME`; `run`: to have its own children ended. */
  rights: readonly string[];
  /** The name of the pool that it runs in. */
  pool: string;
  /** Whether its daemon ships with the program. */
  isBuiltIn: boolean;
  /** How it is kept running. */
  policy: ThreadPolicy;
}

/** Whether two plans are the same but for the log level, which is no reason to restart a daemon. */
export function samePlan(a: ThreadPlan, b: ThreadPlan): boolean {
  const essence = ({ assignment, ...rest }: ThreadPlan) =>
    JSON.stringify([{ ...assignment, logLevel: undefined }, rest]);
  return essence(a) === essence(b);
}

/** What makes what runs into what is planned, in the order of the plans. */
export interface PlanDiff<Plan> {
  /** Plans of what does not run yet. */
  start: Plan[];
  /** Names of what runs and is not planned any more. */
  stop: string[];
  /** Plans of what runs by another plan now. */
  restart: Plan[];
}

/**
 * Compares the plans in force with those wanted.
 *
 * @param same whether two plans of one name are the same.
 */
export function diffPlans<Plan>(
  before: ReadonlyMap<string, Plan>,
  after: ReadonlyMap<string, Plan>,
  same: (a: Plan, b: Plan) => boolean,
): PlanDiff<Plan> {
  const kept = [...after].filter(([name]) => before.has(name));
  return {
    start: [...after].filter(([name]) => !before.has(name)).map(([, plan]) => plan),
    stop: [...before.keys()].filter((name) => !after.has(name)),
    restart: kept.filter(([name, plan]) => !same(before.get(name)!, plan)).map(([, plan]) => plan),
  };
}
