/**
 * A run of the agent from start to end: its home, what it hosts, changes while it runs, its stop.
 *
 * @module
 */
export { type AgentPaths, readUnserved } from "./home.ts";
export { CLOCK_SET } from "./clocks.ts";
export { findIcingaFolder, icingaHost } from "./icinga_host.ts";
export { type Target, targetsOf } from "./targets.ts";
export { warningsOf } from "./plans.ts";
export { logFatal, runAgent, type RunPlan } from "./run.ts";
export { listSecrets, removeSecret, writeSecret } from "./secrets.ts";
