import { errorMessage, formatDuration } from "../../lib/base/mod.ts";
import type { DaemonContext, DaemonMap, Service } from "icinga-warden/daemon";
import {
  noStats,
  observe,
  ServiceError,
  type ServiceState,
  type ServiceStats,
} from "../../lib/service/mod.ts";
import {
  afterAttempt,
  afterSeen,
  FLAPPING_TIME,
  isStable,
  LONGEST_WAIT,
  type Loop,
  nextAttempt,
  NO_LOOP,
} from "./crash_loop.ts";
import { Repeated } from "./repeated.ts";
import type { WatchSettings } from "./settings.ts";

/** How long a service may stay in a pending state before that counts as an error, ms. */
export const PENDING_LIMIT = 60_000;

/** So many failures in a row are each said, though they say the same. */
const SAID_ANYWAY = 3;

/** What is done about a state that was seen. */
export type Action = "none" | "wait" | "restart" | "report-stuck";

/**
 * What to do about a service.
 *
 * @param state undefined: it is not installed.
 * @param since how long it has been in this state, ms.
 */
export function decide(state: ServiceState | undefined, since: number): Action {
  if (state === undefined || state === "RUNNING") return "none";
  if (!state.endsWith("_PENDING")) return "restart";
  return since < PENDING_LIMIT ? "wait" : "report-stuck";
}

/** What is shared of a service; the daemon decides where in the public state. */
export interface SharedState {
  /** The state last seen. */
  setValue(state: ServiceState): void;
  /** Restarts that failed in a row. */
  restartErrors(): number;
  /** Sets the number of restarts that failed in a row. */
  setRestartErrors(count: number): void;
}

type Context = Pick<DaemonContext, "log" | "now" | "signal" | "state">;

/** Keeps one service running; each tick is one query and, where it is called for, one restart. */
export class ServiceWatch {
  readonly #context: Context;
  readonly #service: Service;
  readonly #shared: SharedState;
  readonly #settings: WatchSettings;
  readonly #stats: DaemonMap<ServiceStats>;
  /** Continues the counts that the daemon's thread had before a restart. */
  readonly #counted: ServiceStats;
  #seen: { state: ServiceState | undefined; at: number } | undefined;
  #loop: Loop;
  readonly #failures = new Repeated();
  readonly #flapping = new Repeated();
  #queryError = "";

  /** `restart_error` begins with 0. */
  constructor(context: Context, service: Service, shared: SharedState, settings: WatchSettings) {
    this.#context = context;
    this.#service = service;
    this.#shared = shared;
    this.#settings = settings;
    this.#stats = context.state.map<ServiceStats>("ServiceStats");
    this.#counted = { ...noStats(), ...this.#stats.get(service.name) };
    this.#loop = { ...NO_LOOP, flapping: this.#counted.flapping ?? false };
    shared.setRestartErrors(0);
  }

  /** Since when it is RUNNING, ms of the context's clock; undefined while it is not. */
  get runningSince(): number | undefined {
    return this.#seen?.state === "RUNNING" ? this.#seen.at : undefined;
  }

  /** Rejects only when the daemon is to stop; any other failure is logged. */
  async tick(): Promise<void> {
    try {
      const state = await this.#query();
      this.#queryError = "";
      this.#counted.lastSeen = new Date().toISOString();
      delete this.#counted.queryError;
      await this.#act(state);
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      if (!isInterrupted(error)) this.#noteQueryError(errorMessage(error));
    } finally {
      this.#shareLoop();
      this.#stats.set(this.#service.name, this.#counted);
    }
  }

  async #query(): Promise<ServiceState | undefined> {
    const begin = this.#context.now();
    const state = await this.#service.query();
    this.#counted.queries++;
    this.#counted.query = observe(this.#counted.query, this.#since(begin));
    return state;
  }

  async #act(state: ServiceState | undefined): Promise<void> {
    const { since, before } = this.#note(state);
    this.#setLoop(afterSeen(this.#loop, state === "RUNNING", this.#context.now(), this.#settings));
    switch (decide(state, this.#context.now() - since)) {
      case "none":
        if (state === "RUNNING") this.#noteHealth(before);
        return;
      case "wait":
        return;
      case "restart":
        if (this.#context.now() < nextAttempt(this.#loop, this.#settings.backoff)) return;
        return await this.#restart(state!);
      case "report-stuck":
        this.#fail(
          `Service '${this.#service.name}' has been ${state} for over a minute; end its process`,
        );
        // Reported again only when it has been stuck for as long once more.
        this.#seen = { state, at: this.#context.now() };
    }
  }

  /** Somebody else may have started it since it was seen: then it is left alone. */
  async #restart(seen: ServiceState): Promise<void> {
    const begin = this.#context.now();
    let wasAsked: boolean;
    try {
      wasAsked = await this.#service.restart(seen);
    } catch (error) {
      if (this.#context.signal.aborted || isInterrupted(error)) throw error;
      this.#counted.restartFailures++;
      this.#loop = afterAttempt(this.#loop, false, this.#context.now());
      return this.#fail(errorMessage(error));
    }
    if (!wasAsked) return this.#noteHealth(this.#note("RUNNING").before);
    this.#loop = afterAttempt(this.#loop, true, this.#context.now());
    if (!this.#loop.flapping) this.#failures.reset();
    this.#counted.restarts++;
    this.#counted.restart = observe(this.#counted.restart, this.#since(begin));
    this.#counted.lastRestart = new Date().toISOString();
    this.#seen = { state: "RUNNING", at: this.#context.now() };
    this.#shared.setValue("RUNNING");
    this.#shared.setRestartErrors(0);
    this.#context.log[this.#loop.flapping ? "debug" : "info"](
      `Restarted service '${this.#service.name}': it is RUNNING (restart_error 0)`,
    );
  }

  #fail(what: string): void {
    const errors = this.#shared.restartErrors() + 1;
    this.#shared.setRestartErrors(errors);
    const isDue = this.#failures.isDue(what, this.#context.now()) || errors <= SAID_ANYWAY;
    this.#context.log[isDue ? "error" : "debug"](`${what} (restart_error ${errors})`);
  }

  /** Shares the state and logs a change of it; returns the state before, and since when it has been so, ms. */
  #note(state: ServiceState | undefined): { before: ServiceState | undefined; since: number } {
    const before = this.#seen?.state;
    if (state !== undefined) this.#shared.setValue(state);
    if (before !== state || !this.#seen) {
      this.#seen = { state, at: this.#context.now() };
      this.#context.log[this.#loop.flapping ? "debug" : levelOf(state)](
        `Service '${this.#service.name}' is ${state ?? "not installed"}`,
      );
    }
    return { before, since: this.#seen.at };
  }

  /** Counts that it runs again without a restart by this daemon, and resets its errors. */
  #noteHealth(before: ServiceState | undefined): void {
    if (before !== undefined && decide(before, 0) === "restart") this.#counted.recoveries++;
    if (this.#shared.restartErrors() === 0) return;
    this.#failures.reset();
    this.#shared.setRestartErrors(0);
    this.#context.log.info(`Service '${this.#service.name}' runs again (restart_error 0)`);
  }

  /** Says when it begins to flap, each hour that it still does, and when that is over. */
  #setLoop(loop: Loop): void {
    const { name } = this.#service;
    const { log, now } = this.#context;
    const ran = formatDuration(FLAPPING_TIME);
    if (!loop.flapping) {
      this.#flapping.reset();
      if (this.#loop.flapping) log.info(`Service '${name}' has run for ${ran}: it flaps no more`);
    } else if (this.#flapping.isDue("", now())) {
      log.error(
        `Service '${name}' is flapping: ${loop.restarts.length} restarts in the last hour; it is tried each ${
          formatDuration(LONGEST_WAIT)
        } until it has run for ${ran}`,
      );
    }
    this.#loop = loop;
  }

  #shareLoop(): void {
    const stable = isStable(this.#loop, this.#context.now(), this.#settings);
    const { flapping, restarts: { length: restartsLastHour } } = this.#loop;
    Object.assign(this.#counted, { stable, flapping, restartsLastHour });
  }

  #noteQueryError(error: string): void {
    this.#counted.queries++;
    this.#counted.queryErrors++;
    this.#counted.queryError = error;
    this.#context.log[error === this.#queryError ? "debug" : "error"](error);
    this.#queryError = error;
  }

  /** Seconds since a time of the context's clock. */
  #since(begin: number): number {
    return (this.#context.now() - begin) / 1000;
  }
}

function levelOf(state: ServiceState | undefined): "debug" | "info" | "warning" {
  if (state === undefined) return "debug";
  return state === "STOPPED" || state === "PAUSED" ? "warning" : "info";
}

/** Whether an error says that this daemon is about to stop: Ctrl+C reached the child first, or Windows shuts down. */
function isInterrupted(error: unknown): boolean {
  return error instanceof ServiceError && ["interrupted", "shutting-down"].includes(error.kind);
}
