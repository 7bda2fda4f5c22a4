import type { ServiceRequest } from "./service_status.ts";

/** What the agent tells the thread that speaks to the service control manager. */
export type ToServiceThread =
  /** It runs, or it runs again after a pause. */
  | { type: "running" }
  /** It is paused. */
  | { type: "paused" }
  /** It has ended; the exit code is 0 when it was told to. */
  | { type: "stopped"; exitCode: number };

/** What that thread tells the agent. */
export type FromServiceThread =
  /** The service control manager has started this process, as the service of this name. */
  | { type: "started"; service: string }
  /** The service control manager has not started this process: it is none of its services. */
  | { type: "no-service" }
  /** A control came. */
  | { type: "request"; request: ServiceRequest }
  /** The service control manager knows that the service has stopped; the process may end. */
  | { type: "over" };
