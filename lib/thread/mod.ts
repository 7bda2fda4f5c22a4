/**
 * What runs inside a worker, what is posted between it and the main thread, and what starts it.
 *
 * @module
 */
export {
  describeFailure,
  describeLoadError,
  describeStack,
  describeThrown,
} from "./describe_error.ts";
export { type Beat, Heartbeat, heartbeatInterval, startHeartbeat } from "./heartbeat.ts";
export { type ExaminedModule, examineModule, refuseModuleFile, signature } from "./imports.ts";
export { importable, loadDaemon, readsModule } from "./load.ts";
export {
  type Assignment,
  type ChildNews,
  type ChildRequest,
  cutText,
  type FromThread,
  type Question,
  readFromThread,
  type ThreadEnd,
  type ToThread,
} from "./protocol.ts";
export { probeRuntime } from "./runtime.ts";
export { ExitDetector, ownReads, ranOutOfHeap, startWorker, workerPermissions } from "./start.ts";
export { catchUncaught } from "./uncaught_output.ts";
