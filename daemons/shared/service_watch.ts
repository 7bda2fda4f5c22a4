import { counted, errorMessage, formatDuration } from "../../lib/base/mod.ts";
import type { DaemonContext, DaemonMap, Service } from "icinga-warden/daemon";
import {
  mostCareful,
  noStats,
  observe,
  pendingLimit,
  ServiceError,
  type ServiceErrorKind,
  type ServiceMode,
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

/** What no retry mends: it waits for {@linkcode LONGEST_WAIT}. Of `disabled` Windows tells only when it is started. */
const UNMENDED: readonly ServiceErrorKind[] = [
  "exe-missing",
  "exe-invalid",
  "disabled",
  "marked-for-deletion",
];

/** How often it is looked whether a service is still disabled, ms. */
const LOOK_AGAIN = 60_000;

/** So many failures in a row are each said, though they say the same. */
const SAID_ANYWAY = 3;

/** What is done about a state that was seen. */
export type Action = "none" | "wait" | "restart" | "report-stuck";

/**
 * What to do about a service.
 *
 * @param state undefined: it is not installed.
 * @param since how long it has been in this state, or since it last made progress, ms.
 * @param limit how long it may stay pending without progress, ms.
 */
export function decide(state: ServiceState | undefined, since: number, limit: number): Action {
  if (state === undefined || state === "RUNNING") return "none";
  if (!state.endsWith("_PENDING")) return "restart";
  return since < limit ? "wait" : "report-stuck";
}

/** What is shared of a service; the daemon decides where in the public state. */
export interface SharedState {
  /** The state last seen; undefined: it is not installed. */
  setValue(state: ServiceState | undefined): void;
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
  #seen: { state: ServiceState | undefined; at: number; checkpoint: number } | undefined;
  /** Until when nothing is tried, whatever the backoff says. */
  #notBefore = -Infinity;
  #loop: Loop;
  readonly #failures = new Repeated();
  readonly #flapping = new Repeated();
  readonly #observed = new Repeated();
  readonly #queryErrors = new Repeated();
  readonly #hold: () => string | undefined;
  #heldFor: string | undefined;

  /**
   * `restart_error` begins with 0.
   *
   * @param hold why a restart cannot help now, in one clause; undefined: it may. Default: it always may.
   */
  constructor(
    context: Context,
    service: Service,
    shared: SharedState,
    settings: WatchSettings,
    hold: () => string | undefined = () => undefined,
  ) {
    this.#hold = hold;
    this.#context = context;
    this.#service = service;
    this.#shared = shared;
    this.#settings = settings;
    this.#stats = context.state.map<ServiceStats>("ServiceStats");
    this.#counted = { ...noStats(), ...this.#stats.get(service.name) };
    this.#counted.mode = mostCareful(service.mode, settings.mode as ServiceMode);
    this.#loop = { ...NO_LOOP, flapping: this.#counted.flapping ?? false };
    shared.setRestartErrors(0);
  }

  /** Since when it is RUNNING, ms of the context's clock; undefined while it is not. */
  get runningSince(): number | undefined {
    return this.#seen?.state === "RUNNING" ? this.#seen.at : undefined;
  }

  /** How much is done about the service: the more careful of its own mode and the agent's. */
  get mode(): ServiceMode {
    return this.#counted.mode!;
  }

  /**
   * Shares and logs that the service would be restarted, were it not only observed.
   *
   * @param why a clause; undefined: it would not be restarted any more.
   */
  observe(why: string | undefined): void {
    const { wouldRestart, wouldRestarts = 0 } = this.#counted;
    if (why === undefined) {
      delete this.#counted.wouldRestart;
      return this.#observed.reset();
    }
    if (why !== wouldRestart) this.#counted.wouldRestarts = wouldRestarts + 1;
    this.#counted.wouldRestart = why;
    if (!this.#isDue(this.#observed, why)) return;
    this.#context.log.warning(`Mode observe: would have restarted ${this.#service.name}: ${why}`);
  }

  #isDue(matter: Repeated, what: string): boolean {
    return matter.isDue(what, this.#context.now());
  }

  /** Rejects only when the daemon is to stop; any other failure is logged. */
  async tick(): Promise<void> {
    try {
      const state = await this.#query();
      this.#queryErrors.reset();
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
    const now = this.#context.now();
    const isFirst = this.#seen === undefined;
    const { since, before } = this.#note(state);
    if (state === undefined && isFirst) await this.#hintName();
    this.#setLoop(afterSeen(this.#loop, state === "RUNNING", now, this.#settings));
    if (state !== "RUNNING" && this.#service.isPaused()) return;
    const limit = pendingLimit(this.#settings.pendingLimit, this.#service.progress());
    switch (decide(state, now - since, limit)) {
      case "none":
        if (state === "RUNNING") this.#noteHealth(before);
        return;
      case "wait":
        return;
      case "restart":
        if (this.#isHeld()) return;
        if (!this.#mayTry(now)) return;
        if (state === "STOPPED" && await this.#isLeftDisabled()) return;
        if (this.mode === "observe") {
          this.#notBefore = now + LOOK_AGAIN;
          return this.observe(`it is ${state}`);
        }
        return await this.#restart(state!);
      case "report-stuck":
        this.#reportStuck(state!, limit);
        // Reported again only when it has been stuck for as long once more.
        this.#seen!.at = now;
    }
  }

  #reportStuck(state: ServiceState, limit: number): void {
    const span = formatDuration(limit);
    const isEnded = this.#settings.endStuck && this.mode === "act";
    const what = isEnded
      ? "its process is ended (endStuck)"
      : "end its process, or raise pendingLimit if it takes that long";
    this.#fail(
      `Service '${this.#service.name}' has been ${state} for ${span} without progress; ${what}`,
    );
    if (isEnded) this.#service.endProcess();
  }

  /** An attempt takes a moment: a wait of two intervals is over at the second query after it, not at the third. */
  #mayTry(now: number): boolean {
    const { backoff, interval } = this.#settings;
    return now + interval / 2 >= Math.max(nextAttempt(this.#loop, backoff), this.#notBefore);
  }

  /** Says it once, and once that it is over. */
  #isHeld(): boolean {
    const reason = this.#hold();
    const { log } = this.#context;
    const { name } = this.#service;
    if (reason !== undefined && reason !== this.#heldFor) {
      log.warning(`Service '${name}' is not restarted: ${reason}`);
    }
    if (reason === undefined && this.#heldFor !== undefined) {
      log.info(`Service '${name}' is restarted again`);
    }
    this.#heldFor = reason;
    return reason !== undefined;
  }

  /** Stops and starts it though it runs, since a probe finds that it does not work; counted as any other restart. */
  async restartRunning(): Promise<void> {
    try {
      await this.#restart();
    } catch (error) {
      if (this.#context.signal.aborted || !isInterrupted(error)) throw error;
    } finally {
      this.#shareLoop();
      this.#stats.set(this.#service.name, this.#counted);
    }
  }

  /** Somebody else may have started it since it was seen: then it is left alone. */
  async #restart(seen?: ServiceState): Promise<void> {
    const begin = this.#context.now();
    let wasAsked: boolean;
    try {
      wasAsked = await this.#service.restart(seen);
    } catch (error) {
      if (this.#context.signal.aborted || isInterrupted(error)) throw error;
      this.#loop = afterAttempt(this.#loop, false, this.#context.now());
      return await this.#noteFailure(error);
    }
    if (!wasAsked) return this.#noteHealth(this.#note("RUNNING").before);
    this.#loop = afterAttempt(this.#loop, true, this.#context.now());
    if (!this.#loop.flapping) this.#failures.reset();
    this.#counted.restarts++;
    this.#counted.restart = observe(this.#counted.restart, this.#since(begin));
    this.#counted.lastRestart = new Date().toISOString();
    this.#see("RUNNING");
    this.#shared.setValue("RUNNING");
    this.#shared.setRestartErrors(0);
    this.#context.log[this.#loop.flapping ? "debug" : "info"](
      `Restarted service '${this.#service.name}': it is RUNNING (restart_error 0)`,
    );
  }

  /** That it is disabled is no failure: somebody wants it so. */
  async #noteFailure(error: unknown): Promise<void> {
    const kind = error instanceof ServiceError ? error.kind : "failed";
    const isUnmended = UNMENDED.includes(kind);
    if (isUnmended) this.#notBefore = this.#context.now() + LONGEST_WAIT;
    if (kind === "disabled") return void await this.#meetDisabled(LONGEST_WAIT);
    this.#counted.restartFailures++;
    this.#fail(errorMessage(error), isUnmended);
  }

  /** Whether it is disabled and stays so. */
  async #isLeftDisabled(): Promise<boolean> {
    const isDisabled = await this.#service.isDisabled();
    const wouldEnable = this.mode === "observe" && this.#settings.whenDisabled === "enable";
    if (isDisabled) return !wouldEnable && await this.#meetDisabled(LOOK_AGAIN);
    if (isDisabled === false) delete this.#counted.disabled;
    return false;
  }

  /**
   * Does about a disabled service what the configuration says.
   *
   * @param wait until it is looked at again, ms.
   * @returns whether it stays disabled.
   */
  async #meetDisabled(wait: number): Promise<boolean> {
    const { whenDisabled } = this.#settings;
    const { name } = this.#service;
    this.#notBefore = this.#context.now() + wait;
    if (whenDisabled === "enable") {
      try {
        await this.#service.enable();
      } catch (error) {
        if (this.#context.signal.aborted || isInterrupted(error)) throw error;
        this.#notBefore = this.#context.now() + LONGEST_WAIT;
        this.#fail(errorMessage(error), true);
        return true;
      }
      const text = `Service '${name}' was disabled: its start type is set to automatic`;
      this.#context.log[this.#isDue(this.#failures, text) ? "warning" : "debug"](text);
      return false;
    }
    const wanted = whenDisabled === "ignore" ? "ignore" : "warn";
    if (this.#counted.disabled !== wanted) {
      this.#context.log[wanted === "warn" ? "warning" : "info"](
        `Service '${name}' is disabled and is not started; set its start type to automatic, or whenDisabled to what is wanted`,
      );
    }
    this.#counted.disabled = wanted;
    return true;
  }

  /** @param once it is said once, and then each hour: it would be the same each time. */
  #fail(what: string, once = false): void {
    const errors = this.#shared.restartErrors() + 1;
    this.#shared.setRestartErrors(errors);
    const isDue = this.#isDue(this.#failures, what) || !once && errors <= SAID_ANYWAY;
    this.#context.log[isDue ? "error" : "debug"](`${what} (restart_error ${errors})`);
  }

  /**
   * Shares the state and logs a change of it; returns the state before, and since when it has been so, or since it last
   * made progress, ms.
   */
  #note(state: ServiceState | undefined): { before: ServiceState | undefined; since: number } {
    const before = this.#seen;
    this.#shared.setValue(state);
    if (state !== "STOPPED") delete this.#counted.disabled;
    const isNew = !before || before.state !== state;
    const { checkpoint } = this.#service.progress();
    if (isNew || checkpoint !== before.checkpoint) this.#see(state);
    if (isNew) {
      this.#notBefore = -Infinity;
      if (before) this.observe(undefined);
      this.#context.log[this.#loop.flapping ? "debug" : levelOf(state, before?.state)](
        `Service '${this.#service.name}' is ${
          state ?? `not installed${before?.state ? " any more" : ""}`
        }`,
      );
    }
    return { before: before?.state, since: this.#seen!.at };
  }

  /** A display name in the place of the name is the most frequent reason why there is no such service. */
  async #hintName(): Promise<void> {
    const name = await this.#service.nameByDisplayName();
    if (name === undefined) return;
    this.#context.log.warning(
      `There is no service '${this.#service.name}': that is the display name of '${name}', which is the name to use`,
    );
  }

  #see(state: ServiceState | undefined): void {
    const { checkpoint } = this.#service.progress();
    this.#seen = { state, at: this.#context.now(), checkpoint };
  }

  /** Counts that it runs again without a restart by this daemon, and resets its errors. */
  #noteHealth(before: ServiceState | undefined): void {
    if (before === "STOPPED" || before === "PAUSED") this.#counted.recoveries++;
    if (this.#shared.restartErrors() === 0) return;
    this.#failures.reset();
    this.#shared.setRestartErrors(0);
    this.#context.log.info(`Service '${this.#service.name}' runs again (restart_error 0)`);
  }

  /** Says when it begins to flap, each hour that it still does, and when that is over. */
  #setLoop(loop: Loop): void {
    const { name } = this.#service;
    const { log } = this.#context;
    const ran = formatDuration(FLAPPING_TIME);
    if (!loop.flapping) {
      this.#flapping.reset();
      if (this.#loop.flapping) log.info(`Service '${name}' has run for ${ran}: it flaps no more`);
    } else if (this.#isDue(this.#flapping, "")) {
      log.error(
        `Service '${name}' is flapping: ${
          counted(loop.restarts.length, "restart")
        } in the last hour; it is tried each ${
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
    this.#context.log[this.#isDue(this.#queryErrors, error) ? "error" : "debug"](error);
  }

  /** Seconds since a time of the context's clock. */
  #since(begin: number): number {
    return (this.#context.now() - begin) / 1000;
  }
}

/** That there never was such a service is nothing to report: its program may not be installed yet. */
function levelOf(
  state: ServiceState | undefined,
  before: ServiceState | undefined,
): "debug" | "info" | "warning" {
  if (state === undefined) return before === undefined ? "debug" : "warning";
  return state === "STOPPED" || state === "PAUSED" ? "warning" : "info";
}

/** Whether an error says that this daemon is about to stop: Ctrl+C reached the child first, or Windows shuts down. */
function isInterrupted(error: unknown): boolean {
  return error instanceof ServiceError && ["interrupted", "shutting-down"].includes(error.kind);
}
