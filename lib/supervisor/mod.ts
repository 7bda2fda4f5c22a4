/**
 * Keeps the threads of daemons running: plans, thread pools, health, restarts with backoff, limits, stop.
 *
 * @module
 */
export { diffPlans, type PlanDiff, samePlan, type ThreadPlan } from "./plan.ts";
export type { RestartPolicy, ThreadPolicy } from "./restart.ts";
export { STOP_LIMIT, Supervisor, type SupervisorParts } from "./supervisor.ts";
