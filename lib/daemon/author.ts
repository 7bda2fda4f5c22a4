/**
 * What the author of a daemon sees.
 *
 * @module
 */
export * from "./define.ts";
export { type ThreadState } from "./agent_state.ts";
export type * from "./context.ts";
export { type DaemonPermissions } from "./permissions.ts";
export { type FetchOptions } from "./fetching.ts";
export { type RunOptions, type RunResult } from "./running.ts";
export { type MetricSpec, type MetricSpecs } from "./metrics.ts";
export {
  type CronOptions,
  type CronRun,
  type CronTask,
  type EveryOptions,
  type RetryOptions,
  type Span,
} from "./timing.ts";
export { type ReportOptions, type VerdictLevel, type VerdictNumber } from "./verdict.ts";
export { type ArgumentSpec, type ArgumentSpecs, type ArgumentValues } from "./arguments.ts";
export { type ServiceMode, type ServiceState } from "../service/mod.ts";
