/**
 * Daemons: what their authors see, which is `author.ts`, and what the program needs to check and to run them.
 *
 * @module
 */
export * from "./agent_state.ts";
export { type ArgumentSpec, type ArgumentSpecs, readArguments, withDefaults } from "./arguments.ts";
export * from "./check.ts";
export { createContext } from "./create.ts";
export { createDaemonLog } from "./daemon_log.ts";
export type * from "./context.ts";
export type { DaemonDefinition, MapSpecs } from "./define.ts";
export { declaredMetrics, type MetricSeries, readMetrics } from "./metrics.ts";
export { requireSpan } from "./timing.ts";
export { programRunner, type RunResult } from "./running.ts";
export { serviceModes } from "../service/mod.ts";
export { readVerdict, VERDICT_MAP, verdictLevels, verdictUnits } from "./verdict.ts";
export * from "./permissions.ts";
