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

/** What may be done to services, the most careful last. */
export const serviceModes = ["act", "stopped", "observe"] as const;

/**
 * What may be done to services.
 *
 * - `act`: everything
 * - `stopped`: what is stopped is started; one that runs is left alone, whatever else is wrong with it
 * - `observe`: nothing is changed; the log and the state show what would have been done
 */
export type ServiceMode = typeof serviceModes[number];

/** The more careful of two modes. */
export function mostCareful(a: ServiceMode, b: ServiceMode): ServiceMode {
  return serviceModes.indexOf(a) > serviceModes.indexOf(b) ? a : b;
}

/** The progress that a pending service reports. */
export interface Progress {
  /** A number that it raises with each step. */
  checkpoint: number;
  /** How long this step may take, ms, as the service reports it. */
  waitHint: number;
}

/**
 * What queries, starts and stops services: the service control manager, or a simulation of it.
 *
 * Every call fails with a {@linkcode ServiceError} that says what happened and what to do, with a `TypeError`
 * if the name can be no service's (see {@linkcode checkServiceName}), or with the reason of `signal` once that
 * is aborted. Every call ends within its time limit. Calls may overlap; they do not wait for each other.
 */
export interface ServiceManager {
  /** The state of the service; `undefined` if the service is not installed. */
  query(service: string, signal?: AbortSignal): Promise<ServiceState | undefined>;
  /** Starts the service; one that runs already is a success. It may still be `START_PENDING` afterwards. */
  start(service: string, signal?: AbortSignal): Promise<void>;
  /** Stops the service; one that is not started is a success. It may still be `STOP_PENDING` afterwards. */
  stop(service: string, signal?: AbortSignal): Promise<void>;
  /**
   * Brings the service to `RUNNING` whatever its state: one that runs is stopped and started, one that is
   * paused is continued, one that is pending is waited for. Resolves once a query has said `RUNNING`.
   *
   * @param seen the state for which this is done. Unless it is `RUNNING`, a service that runs by now is left alone.
   * Default: `RUNNING`.
   * @returns false when it was, or became, `RUNNING` without a command.
   */
  restart(service: string, signal?: AbortSignal, seen?: ServiceState): Promise<boolean>;
  /** How far a pending service is, as the last query saw it. */
  progress(service: string): Progress;
  /** Whether the service's start type is disabled; undefined where that cannot be read. */
  isDisabled(service: string, signal?: AbortSignal): Promise<boolean | undefined>;
  /** Sets the service's start type to automatic. */
  enable(service: string, signal?: AbortSignal): Promise<void>;
  /** The name of the service with this display name; undefined where there is none, or it cannot be read. */
  nameOf(displayName: string, signal?: AbortSignal): Promise<string | undefined>;
}

/** No progress is known. */
export const NO_PROGRESS: Progress = { checkpoint: 0, waitHint: 0 };

/** Longer hints of a service do not count, ms. */
const LONGEST_HINT = 3_600_000;

/** How long a service may stay in a pending state, ms: by the configuration, or by its own hint when that is longer. */
export function pendingLimit(configured: number, { waitHint }: Progress): number {
  return Math.max(configured, Math.min(waitHint, LONGEST_HINT));
}

/** How long a service manager waits. */
export interface TimeLimits {
  /** Milliseconds a query may take. */
  queryTimeout: number;
  /** Milliseconds a start, stop or continue may take, and the wait for the state that it leads to. */
  changeTimeout: number;
}

/** Time limits with their defaults: 10 s a query, 60 s a change. */
export function timeLimits(
  { queryTimeout = 10_000, changeTimeout = 60_000 }: Partial<TimeLimits>,
): TimeLimits {
  return { queryTimeout, changeTimeout };
}

/** The options of `sc query`; an argument that begins with one of them is not read as a name. */
const scOption = /^(type|state|bufsize|ri|group)\s*=/i;

/** Control characters, line and paragraph separators, and halves of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * What would be right if `name` can be no service's name, as a clause of an error message; `undefined` if it
 * can.
 *
 * Windows allows 1 to 256 characters without slashes (`CreateService`, parameter `lpServiceName`). Refused
 * beyond that is what `sc` or `net` would read as something else than a name: a switch begins with a slash,
 * an option of `sc query` ends in an equals sign.
 */
export function checkServiceName(name: string): string | undefined {
  const rule = brokenRule(name);
  return rule && `expected the name of a service, ${rule}`;
}

function brokenRule(name: string): string | undefined {
  if (name.length < 1 || name.length > 256) return "1 to 256 characters long";
  if (name.trim() !== name) return "without blanks at its ends";
  if (/[/\\]/.test(name)) return "without a slash or backslash";
  if (unprintable.test(name)) return "without control characters";
  if (scOption.test(name)) return "not beginning with an option of 'sc query' such as 'state='";
  return undefined;
}

/**
 * Insists on a name that a service can have.
 *
 * @throws {TypeError} if `name` can be no service's.
 */
export function requireServiceName(name: string): void {
  const expected = checkServiceName(name);
  if (expected) throw new TypeError(`Cannot use ${JSON.stringify(name)}: ${expected}`);
}
