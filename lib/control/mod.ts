/**
 * The control endpoint: what a running agent serves to commands, to the page and to Prometheus.
 *
 * @module
 */
export { tokenFile, type TokenKind } from "./access/token.ts";
export { type ControlParts, startControl } from "./control.ts";
export type { StateChange } from "./state_reader.ts";
export {
  Client,
  NotRunningError,
  parsePauseTime,
  PAUSE_TIMES,
  RefusedError,
  type StreamEvent,
} from "./client.ts";
export type { Events } from "./events.ts";
export type { Found } from "./find.ts";
export {
  findProblems,
  parseRange,
  type Range,
  serviceState,
  THRESHOLDS,
  type Thresholds,
  worst,
} from "./health.ts";
export { describeDiagnosis, formatPerformance, pluginOutput, pluginText } from "./plugin.ts";
export { PLUGIN_EXIT } from "./health.ts";
export type {
  DaemonStatus,
  Health,
  ProbeStatus,
  ServiceStatus,
  Status,
  ThreadStatus,
} from "./status_schema.ts";
