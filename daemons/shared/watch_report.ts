import type { DaemonContext, DaemonMap, Service } from "icinga-warden/daemon";
import { counted, formatDuration } from "../../lib/base/mod.ts";
import { noStats, observe, type ServiceState, type ServiceStats } from "../../lib/service/mod.ts";
import { FLAPPING_TIME, LONGEST_WAIT, type Loop } from "./crash_loop.ts";

/** This number of equal failures in a row are all logged; later ones once an hour. */
const ALL_LOGGED = 3;

/** What is shared of a service; the daemon decides where in the public state. */
export interface SharedState {
  /** The state last seen; undefined: it is not installed. */
  setValue(state: ServiceState | undefined): void;
  /** Restarts that failed in a row. */
  restartErrors(): number;
  /** Sets the number of restarts that failed in a row. */
  setRestartErrors(count: number): void;
}

/** What a watch needs of its daemon's context. */
export type WatchContext = Pick<DaemonContext, "log" | "now" | "signal" | "state">;

/**
 * What is logged, counted and shared of a watched service. The log has one record for each change and a reminder each
 * hour; the rest is at the level `debug`.
 */
export class WatchReport {
  /** What is counted; it continues the counts that the daemon's thread had before a restart. */
  readonly counted: ServiceStats;
  readonly #context: WatchContext;
  readonly #service: Service;
  readonly #shared: SharedState;
  readonly #stats: DaemonMap<ServiceStats>;
  readonly #failures = new Repeated();
  readonly #flapping = new Repeated();
  readonly #observed = new Repeated();
  readonly #queryErrors = new Repeated();
  readonly #unstartable = new Repeated();

  /** `restart_error` begins with 0. */
  constructor(context: WatchContext, service: Service, shared: SharedState) {
    this.#context = context;
    this.#service = service;
    this.#shared = shared;
    this.#stats = context.state.map<ServiceStats>("ServiceStats");
    this.counted = { ...noStats(), ...this.#stats.get(service.name) };
    shared.setRestartErrors(0);
    // Its name is known before the first query, which a pause may hold back for long.
    this.share();
  }

  /** Shares what was counted. */
  share(): void {
    this.#stats.set(this.#service.name, this.counted);
  }

  /** A query was answered; @param seconds how long that took. */
  queried(seconds: number): void {
    this.counted.queries++;
    this.counted.query = observe(this.counted.query, seconds);
    this.counted.lastSeen = new Date().toISOString();
    delete this.counted.queryError;
    this.#queryErrors.reset();
  }

  /** A query, or what followed it, has failed. */
  queryFailed(error: string): void {
    this.counted.queries++;
    this.counted.queryErrors++;
    this.counted.queryError = error;
    this.#context.log[this.#isDue(this.#queryErrors, error) ? "error" : "debug"](error);
  }

  /** The state has changed. That there never was such a service is no news: it may be installed later. */
  changed(
    state: ServiceState | undefined,
    before: ServiceState | undefined,
    isFlapping: boolean,
  ): void {
    // What held the state before back is not what holds this one back.
    delete this.counted.held;
    const level = state === undefined
      ? before === undefined ? "debug" : "warning"
      : state === "STOPPED" || state === "PAUSED"
      ? "warning"
      : "info";
    const what = state ?? `not installed${before ? " any more" : ""}`;
    this.#context.log[isFlapping ? "debug" : level](`Service '${this.#service.name}' is ${what}`);
  }

  /** It was restarted; @param seconds how long that took. */
  restarted(seconds: number, isFlapping: boolean): void {
    if (!isFlapping) this.#failures.reset();
    delete this.counted.disabled;
    this.counted.restarts++;
    this.counted.restart = observe(this.counted.restart, seconds);
    this.counted.lastRestart = new Date().toISOString();
    this.#shared.setValue("RUNNING");
    this.#shared.setRestartErrors(0);
    this.#context.log[isFlapping ? "debug" : "info"](
      `Restarted service '${this.#service.name}': it is RUNNING (restart_error 0)`,
    );
  }

  /** The service is RUNNING. Counts a recovery without a restart; resets its errors. @param before its state before. */
  runs(before: ServiceState | undefined): void {
    delete this.counted.held;
    if (before === "STOPPED" || before === "PAUSED") this.counted.recoveries++;
    if (this.#shared.restartErrors() === 0) return;
    this.#failures.reset();
    this.#shared.setRestartErrors(0);
    this.#context.log.info(`Service '${this.#service.name}' runs again (restart_error 0)`);
  }

  /** A restart has failed. @param once whether it is logged once, and then every hour, since it repeats. */
  failed(what: string, once = false): void {
    const errors = this.#shared.restartErrors() + 1;
    this.#shared.setRestartErrors(errors);
    const isDue = this.#isDue(this.#failures, what) || !once && errors <= ALL_LOGGED;
    this.#context.log[isDue ? "error" : "debug"](`${what} (restart_error ${errors})`);
  }

  /** It is flapping, or is so no more. */
  loop({ flapping, restarts }: Loop, wasFlapping: boolean): void {
    const { name } = this.#service;
    const { log } = this.#context;
    const ran = formatDuration(FLAPPING_TIME);
    if (!flapping) {
      this.#flapping.reset();
      if (wasFlapping) log.info(`Service '${name}' has run for ${ran}: it flaps no more`);
    } else if (this.#isDue(this.#flapping, "")) {
      log.error(
        `Service '${name}' is flapping: ${
          counted(restarts.length, "restart")
        } in the last hour; it is tried each ${
          formatDuration(LONGEST_WAIT)
        } until it has run for ${ran}`,
      );
    }
  }

  /** It is gone, or disabled: that it flaps, or that restarts of it have failed, is over. */
  forgetLoop(): void {
    this.#flapping.reset();
    this.#failures.reset();
    if (this.#shared.restartErrors() > 0) this.#shared.setRestartErrors(0);
  }

  /** It runs, and is not restarted though a probe asks for that, since Windows would not start it again. */
  wouldNotStart(): void {
    const text = `Service '${this.#service.name}' is not restarted: its start type is disabled, ` +
      "and it would not start again";
    if (this.#isDue(this.#unstartable, text)) this.#context.log.warning(text);
  }

  /** It is disabled, and left so; @param wanted whether that is to be warned of. */
  disabled(wanted: "warn" | "ignore"): void {
    if (this.counted.disabled !== wanted) {
      this.#context.log[wanted === "warn" ? "warning" : "info"](
        `Service '${this.#service.name}' is disabled and is not started; set its start type to automatic, or whenDisabled to what is wanted`,
      );
    }
    this.counted.disabled = wanted;
  }

  /** It was disabled, and its start type was set. */
  enabled(): void {
    const text = `Service '${this.#service.name}' was disabled: its start type is set to automatic`;
    this.#context.log[this.#isDue(this.#failures, text) ? "warning" : "debug"](text);
  }

  /** Its name is a display name; @param name the name of that service. */
  misnamed(name: string): void {
    this.#context.log.warning(
      `There is no service '${this.#service.name}': that is the display name of '${name}', which is the name to use`,
    );
  }

  /** It is not restarted now; @param reason a clause; undefined: it may be. */
  held(reason: string | undefined): void {
    const { log } = this.#context;
    const { name } = this.#service;
    const before = this.counted.held;
    if (reason === before) return;
    if (reason === undefined) log.info(`Service '${name}' is restarted again`);
    else log.warning(`Service '${name}' is not restarted: ${reason}`);
    delete this.counted.held;
    if (reason !== undefined) this.counted.held = reason;
  }

  /** It would be restarted, were it not only observed; @param why a clause; undefined: it would not any more. */
  wouldRestart(why: string | undefined): void {
    const { wouldRestart, wouldRestarts = 0 } = this.counted;
    if (why === undefined) {
      delete this.counted.wouldRestart;
      return this.#observed.reset();
    }
    if (why !== wouldRestart) this.counted.wouldRestarts = wouldRestarts + 1;
    this.counted.wouldRestart = why;
    if (!this.#isDue(this.#observed, why)) return;
    this.#context.log.warning(`Mode observe: would have restarted ${this.#service.name}: ${why}`);
  }

  #isDue(matter: Repeated, what: string): boolean {
    return matter.isDue(what, this.#context.now());
  }
}

/** An equal record is logged again after this time, ms. */
const REMIND_AFTER = 60 * 60_000;

/** Decides which records on one subject are logged: each change, and a reminder every hour. */
class Repeated {
  #said: { what: string; at: number } | undefined;

  /** Whether to log `what` now; when true, it counts as logged. @param now ms. */
  isDue(what: string, now: number): boolean {
    if (this.#said?.what === what && now - this.#said.at < REMIND_AFTER) return false;
    this.#said = { what, at: now };
    return true;
  }

  /** The subject is over: the next record is logged. */
  reset(): void {
    this.#said = undefined;
  }
}
