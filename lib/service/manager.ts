/** The states of a Windows service in the order of their numbers: the first is 1, the last is 7. */
export const serviceStates = [
  "STOPPED",
  "START_PENDING",
  "STOP_PENDING",
  "RUNNING",
  "CONTINUE_PENDING",
  "PAUSE_PENDING",
  "PAUSED",
] as const;

/** What a service is doing; Windows' `SERVICE_STATUS.dwCurrentState` by name. */
export type ServiceState = typeof serviceStates[number];

/**
 * What queries, starts and stops services: the service control manager, or a simulation of it.
 *
 * Every call fails with a {@linkcode ServiceError} that says what happened and what to do, with a `TypeError`
 * if the name can be no service's (see {@linkcode checkServiceName}), or with the reason of `signal` once that
 * is aborted. No call outlives its time limit. Calls may overlap; they know nothing of each other.
 */
export interface ServiceManager {
  /** The state of the service; `undefined` if no such service is installed. */
  query(service: string, signal?: AbortSignal): Promise<ServiceState | undefined>;
  /** Starts the service; one that runs already is a success. It may still be `START_PENDING` afterwards. */
  start(service: string, signal?: AbortSignal): Promise<void>;
  /** Stops the service; one that is not started is a success. It may still be `STOP_PENDING` afterwards. */
  stop(service: string, signal?: AbortSignal): Promise<void>;
  /**
   * Brings the service to `RUNNING` whatever its state: one that runs is stopped and started, one that is
   * paused is continued, one that is pending is waited for. Resolves once a query has said `RUNNING`.
   */
  restart(service: string, signal?: AbortSignal): Promise<void>;
}

/** How long a service manager waits. */
export interface TimeLimits {
  /** Milliseconds a query may take. */
  queryTimeout: number;
  /** Milliseconds a start, stop or continue may take, and the wait for the state that it leads to. */
  changeTimeout: number;
}

/** The limits that are in force: 10 s a query and 60 s a change, unless told. */
export function timeLimits(
  { queryTimeout = 10_000, changeTimeout = 60_000 }: Partial<TimeLimits>,
): TimeLimits {
  return { queryTimeout, changeTimeout };
}
