/**
 * Keeps the threads of daemons running: plans, thread pools, health, restarts with backoff, limits, stop.
 *
 * @module
 */
export { diffPlans, samePlan, type ThreadPlan } from "./plan.ts";
export type { ThreadPolicy } from "./restart.ts";
export { STOP_LIMIT, Supervisor } from "./supervisor.ts";
