import { type Clock, formatDuration } from "../base/mod.ts";
import { ServiceError } from "./error.ts";
import {
  NO_PROGRESS,
  pendingLimit,
  type Progress,
  type ServiceManager,
  type ServiceState,
  type TimeLimits,
} from "./manager.ts";

/** What can be asked of a service; `net` and `sc` have a command of the same name for each. */
export type ControlVerb = "start" | "stop" | "continue";

/** What to do next to bring a service to `RUNNING`. */
export type RestartStep = ControlVerb | "wait" | "done" | "give up";

/**
 * The next step of a restart, from the state that a query has just shown and the steps taken before.
 *
 * A pending state is waited for. A service found running is stopped and started, but only where it was `seen`
 * running: one that came to run since then, by itself or after a step, is done. A paused one is continued, and
 * stopped and started if it stays paused. Each step but waiting is tried once.
 */
export function nextStep(
  state: ServiceState,
  taken: ReadonlySet<RestartStep>,
  seen: ServiceState = "RUNNING",
): RestartStep {
  switch (state) {
    case "START_PENDING":
    case "STOP_PENDING":
    case "CONTINUE_PENDING":
    case "PAUSE_PENDING":
      return "wait";
    case "RUNNING":
      return taken.size > 0 || seen !== "RUNNING" ? "done" : "stop";
    case "STOPPED":
      return taken.has("start") ? "give up" : "start";
    case "PAUSED":
      if (!taken.has("continue")) return "continue";
      return taken.has("stop") ? "give up" : "stop";
  }
}

/** One service, as far as a restart needs it. */
export interface ServiceControls {
  /** The state of the service; `undefined` if it is not installed. */
  query(): Promise<ServiceState | undefined>;
  /** Asks for a change; one that was made already is a success. */
  change(change: ControlVerb): Promise<void>;
  /** How far it was at the last query. Default: not known. */
  progress?(): Progress;
}

/** How a restart waits. */
export interface RestartOptions {
  /** Milliseconds that a state may stay pending after each change, and after each step that the service tells of. */
  changeTimeout: number;
  /** Where it takes its time from. */
  clock: Clock;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
  /** The state for which the restart is made. Default: `RUNNING`. */
  seen?: ServiceState | undefined;
}

/** Milliseconds between two looks at a pending service: the first, and what it doubles up to. */
const firstPause = 250;
const longestPause = 1000;

/**
 * Brings a service to `RUNNING` as {@linkcode nextStep} says; resolves once a query has said `RUNNING`.
 *
 * @returns false when it was, or became, `RUNNING` without a command.
 * @throws {ServiceError} what a control throws; `not-installed`, `timeout`, or `crashed` if it did not stay up.
 */
export async function restart(
  controls: ServiceControls,
  service: string,
  { changeTimeout, clock, signal, seen }: RestartOptions,
): Promise<boolean> {
  const taken = new Set<RestartStep>();
  let deadline = clock.now() + changeTimeout;
  let pause = firstPause;
  let checkpoint: number | undefined;
  for (;;) {
    const state = await controls.query();
    if (state === undefined) throw ServiceError.ofCode("restart", service, 1060);
    const step = nextStep(state, taken, seen);
    if (step === "done") return [...taken].some((step) => step !== "wait");
    taken.add(step);
    if (step === "give up") throw gaveUp(service, state);
    if (step === "wait") {
      const progress = controls.progress?.() ?? NO_PROGRESS;
      if (progress.checkpoint !== checkpoint) {
        checkpoint = progress.checkpoint;
        deadline = Math.max(deadline, clock.now() + pendingLimit(changeTimeout, progress));
      }
      if (clock.now() >= deadline) throw stillPending(service, state, changeTimeout);
      await clock.sleep(pause, signal);
      pause = Math.min(pause * 2, longestPause);
    } else {
      await take(step, controls);
      deadline = clock.now() + changeTimeout;
      pause = firstPause;
    }
  }
}

/** A service manager that makes each change in one way, and restarts by its other calls. */
export abstract class ChangingServiceManager implements ServiceManager {
  /** @param clock where waiting takes its time from. */
  constructor(protected readonly clock: Clock, protected readonly limits: TimeLimits) {}

  /** See {@linkcode ServiceManager.query}. */
  abstract query(service: string, signal?: AbortSignal): Promise<ServiceState | undefined>;

  /** Asks for a change; one that was made already is a success. */
  protected abstract change(
    change: ControlVerb,
    service: string,
    signal?: AbortSignal,
  ): Promise<void>;

  /** See {@linkcode ServiceManager.progress}. */
  abstract progress(service: string): Progress;

  /** See {@linkcode ServiceManager.isDisabled}. */
  abstract isDisabled(service: string, signal?: AbortSignal): Promise<boolean | undefined>;

  /** See {@linkcode ServiceManager.enable}. */
  abstract enable(service: string, signal?: AbortSignal): Promise<void>;

  /** See {@linkcode ServiceManager.nameOf}. */
  abstract nameOf(displayName: string, signal?: AbortSignal): Promise<string | undefined>;

  /** See {@linkcode ServiceManager.start}. */
  start(service: string, signal?: AbortSignal): Promise<void> {
    return this.change("start", service, signal);
  }

  /** See {@linkcode ServiceManager.stop}. */
  stop(service: string, signal?: AbortSignal): Promise<void> {
    return this.change("stop", service, signal);
  }

  /** See {@linkcode ServiceManager.restart}. */
  restart(service: string, signal?: AbortSignal, seen?: ServiceState): Promise<boolean> {
    const controls = {
      query: () => this.query(service, signal),
      change: (change: ControlVerb) => this.change(change, service, signal),
      progress: () => this.progress(service),
    };
    const { changeTimeout } = this.limits;
    return restart(controls, service, { changeTimeout, clock: this.clock, signal, seen });
  }
}

/** A service that cannot be continued is stopped next, and what is wrong shows then. */
async function take(change: ControlVerb, controls: ServiceControls): Promise<void> {
  try {
    await controls.change(change);
  } catch (error) {
    if (change !== "continue" || !(error instanceof ServiceError)) throw error;
  }
}

function gaveUp(service: string, state: ServiceState): ServiceError {
  if (state === "STOPPED") return ServiceError.ofCode("restart", service, 1067);
  const explanation =
    `it stays ${state}, though it was asked to continue and to stop; end its process`;
  return new ServiceError("failed", "restart", service, explanation);
}

/** The error of a service that stays pending; `waited` is how long it was waited for, ms. */
export function stillPending(service: string, state: ServiceState, waited: number): ServiceError {
  const explanation = `it is still ${state} after ${formatDuration(waited)}; end its process`;
  return new ServiceError("timeout", "restart", service, explanation);
}
