/**
 * What the author of a daemon sees.
 *
 * @module
 */
export {
  type DaemonDefinition,
  type DaemonPermissions,
  type DaemonTask,
  defineDaemon,
  type Termination,
} from "./define.ts";
export type { MapSpec, MapSpecs } from "./map_spec.ts";
export type { ThreadHandle, ThreadOptions } from "./children.ts";
export type { ThreadState } from "./agent_state.ts";
export type { DaemonContext, DaemonLog, DaemonMap, DaemonState, Service } from "./context.ts";
export type { ArgumentSpec, ArgumentSpecs, ArgumentValues } from "../config/arguments.ts";
export type { ServiceState } from "../service/mod.ts";
