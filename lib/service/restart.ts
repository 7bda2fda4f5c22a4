import { type Clock, formatDuration } from "../base/mod.ts";
import { ServiceError } from "./error.ts";
import { pendingLimit, type Progress, type ServiceState, type TimeLimits } from "./manager.ts";

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

/** Milliseconds between two looks at a pending service: the first, and what it doubles up to. */
const firstPause = 250;
const longestPause = 1000;

/** A service manager that makes each change in one way, and restarts by its other calls. */
export abstract class ChangingServiceManager {
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

  /** See {@linkcode ServiceManager.start}. */
  start(service: string, signal?: AbortSignal): Promise<void> {
    return this.change("start", service, signal);
  }

  /** See {@linkcode ServiceManager.stop}. */
  stop(service: string, signal?: AbortSignal): Promise<void> {
    return this.change("stop", service, signal);
  }

  /** Goes as {@linkcode nextStep} says; see {@linkcode ServiceManager.restart}. */
  async restart(service: string, signal?: AbortSignal, seen?: ServiceState): Promise<boolean> {
    const { clock, limits: { changeTimeout } } = this;
    const taken = new Set<RestartStep>();
    let deadline = clock.now() + changeTimeout;
    let pause = firstPause;
    let checkpoint: number | undefined;
    for (;;) {
      const state = await this.query(service, signal);
      if (state === undefined) throw ServiceError.ofCode("restart", service, 1060);
      const step = nextStep(state, taken, seen);
      if (step === "done") return [...taken].some((step) => step !== "wait");
      taken.add(step);
      if (step === "give up") throw gaveUp(service, state);
      if (step === "wait") {
        const progress = this.progress(service);
        if (progress.checkpoint !== checkpoint) {
          checkpoint = progress.checkpoint;
          deadline = Math.max(deadline, clock.now() + pendingLimit(changeTimeout, progress));
        }
        if (clock.now() >= deadline) throw stillPending(service, state, changeTimeout);
        await clock.sleep(pause, signal);
        pause = Math.min(pause * 2, longestPause);
      } else {
        await this.#take(step, service, signal);
        deadline = clock.now() + changeTimeout;
        pause = firstPause;
      }
    }
  }

  /** A service that cannot be continued is stopped next, and what is wrong shows then. */
  async #take(change: ControlVerb, service: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.change(change, service, signal);
    } catch (error) {
      if (change !== "continue" || !(error instanceof ServiceError)) throw error;
    }
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
