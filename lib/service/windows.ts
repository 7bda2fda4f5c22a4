import { Buffer } from "node:buffer";
import { type Clock, formatDuration, systemClock } from "../base/mod.ts";
import { type ChildResult, type EndTree, runChild } from "./child.ts";
import { meaningOf, type ServiceAction, ServiceError, type ServiceErrorKind } from "./error.ts";
import {
  NO_PROGRESS,
  type Progress,
  requireServiceName,
  type ServiceManager,
  type ServiceState,
  type TimeLimits,
  timeLimits,
} from "./manager.ts";
import {
  type Dependent,
  readDependents,
  readDisabled,
  readKeyName,
  readNetError,
  readProgress,
  readQuery,
} from "./output.ts";
import { ChangingServiceManager, type ControlVerb, stillPending } from "./restart.ts";

/** The options of a {@linkcode WindowsServiceManager}. */
export interface WindowsOptions extends Partial<TimeLimits> {
  /** Default: {@linkcode systemClock}. */
  clock?: Clock;
  /** Ends a program that is late, with all that it has started: `net.exe` runs `net1.exe`. Default: it alone is killed. */
  endTree?: EndTree | undefined;
}

/** The absolute paths of the programs that speak to the service control manager. */
export interface ServicePrograms {
  /** The path of `sc.exe`. */
  sc: string;
  /** The path of `net.exe`. */
  net: string;
}

/** Windows' own two programs; `systemRoot` is the value of `%SystemRoot%`. */
export function windowsPrograms(systemRoot: string): ServicePrograms {
  return {
    sc: `${systemRoot}\\System32\\sc.exe`,
    net: `${systemRoot}\\System32\\net.exe`,
  };
}

/** The error for a change that has been made already. */
const already: Readonly<Record<ControlVerb, ServiceErrorKind | undefined>> = {
  start: "already-running",
  stop: "not-started",
  continue: undefined,
};

/** ERROR_DEPENDENT_SERVICES_RUNNING (winerror.h). */
const DEPENDENTS_RUN = 1051;

/** How often a dependent is queried while it stops, ms. */
const DEPENDENT_PAUSE = 250;

/** Windows' service control manager, by way of `sc.exe` and `net.exe`. */
export class WindowsServiceManager extends ChangingServiceManager implements ServiceManager {
  readonly #endTree: EndTree | undefined;
  readonly #progress = new Map<string, Progress>();
  /** The dependents that were stopped for a service, and are started once it runs. */
  readonly #owed = new Map<string, string[]>();

  /** Speaks to it by these programs. */
  constructor(private readonly programs: ServicePrograms, options: WindowsOptions = {}) {
    super(options.clock ?? systemClock, timeLimits(options));
    this.#endTree = options.endTree;
  }

  /** See {@linkcode ServiceManager.query}. */
  async query(service: string, signal?: AbortSignal): Promise<ServiceState | undefined> {
    const { code, stdout } = await this.#run("sc", "query", service, signal);
    const answer = readQuery(code, stdout);
    if (answer === "unreadable") {
      const explanation = "the output of 'sc.exe query' cannot be read; run it by hand to see why";
      throw new ServiceError("unreadable", "query", service, explanation);
    }
    if ("state" in answer) {
      if (answer.state.endsWith("_PENDING")) this.#progress.set(service, readProgress(stdout));
      if (answer.state === "RUNNING") await this.#startOwed(service, signal);
      return answer.state;
    }
    if (meaningOf(answer.code).kind === "not-installed") return undefined;
    throw ServiceError.ofCode("query", service, answer.code);
  }

  /** See {@linkcode ServiceManager.progress}. */
  progress(service: string): Progress {
    return this.#progress.get(service) ?? NO_PROGRESS;
  }

  /** See {@linkcode ServiceManager.isDisabled}. */
  async isDisabled(service: string, signal?: AbortSignal): Promise<boolean | undefined> {
    const { code, stdout } = await this.#run("sc", "query", service, signal, ["qc", service]);
    return readDisabled(code, stdout);
  }

  /** See {@linkcode ServiceManager.enable}. */
  async enable(service: string, signal?: AbortSignal): Promise<void> {
    const args = ["config", service, "start=", "auto"];
    const { code } = await this.#run("sc", "enable", service, signal, args);
    if (code !== 0) throw ServiceError.ofCode("enable", service, code);
  }

  /** See {@linkcode ServiceManager.nameOf}. */
  async nameOf(displayName: string, signal?: AbortSignal): Promise<string | undefined> {
    const args = ["getkeyname", displayName];
    const { code, stdout } = await this.#run("sc", "query", displayName, signal, args);
    return readKeyName(code, stdout);
  }

  /** A service that others depend on is stopped after these. */
  protected override async change(
    change: ControlVerb,
    service: string,
    signal?: AbortSignal,
  ): Promise<void> {
    let code = await this.#ask(change, service, signal);
    if (change === "stop" && code === DEPENDENTS_RUN) {
      await this.#stopDependents(service, signal);
      code = await this.#ask(change, service, signal);
    }
    if (code !== 0) throw ServiceError.ofCode(change, service, code);
  }

  /**
   * Asks for a change, and returns Windows' error code; 0: it is made. `net` waits for the change; when it fails without
   * a number, `sc` is run for its exit code.
   */
  async #ask(change: ControlVerb, service: string, signal?: AbortSignal): Promise<number> {
    const net = await this.#run("net", change, service, signal);
    if (net.code === 0) return 0;
    const output = Buffer.concat([net.stdout, net.stderr]);
    const code = readNetError(output) ?? (await this.#run("sc", change, service, signal)).code;
    return meaningOf(code).kind === already[change] ? 0 : code;
  }

  /** Stops the services that depend on one; when that fails, those that are stopped by then are started again. */
  async #stopDependents(service: string, signal?: AbortSignal): Promise<void> {
    const args = ["enumdepend", service, "65536"];
    const { code, stdout } = await this.#run("sc", "query", service, signal, args);
    const { stop, start } = planDependents(readDependents(code, stdout));
    const owed = this.#owed.get(service)?.filter((name) => !start.includes(name)) ?? [];
    this.#owed.set(service, [...owed, ...start]);
    try {
      for (const name of stop) await this.#stopDependent(name, service, signal);
    } catch (error) {
      await this.#startOwed(service, signal).catch(() => {});
      throw error;
    }
  }

  async #stopDependent(name: string, service: string, signal?: AbortSignal): Promise<void> {
    const code = await this.#ask("stop", name, signal);
    if (code !== 0) throw dependentFailed("stop", name, service, code);
    const { changeTimeout } = this.limits;
    const end = this.clock.now() + changeTimeout;
    for (;;) {
      const state = await this.query(name, signal);
      if (state === "STOPPED" || state === undefined) return;
      if (this.clock.now() >= end) throw stillPending(name, state, changeTimeout);
      await this.clock.sleep(DEPENDENT_PAUSE, signal);
    }
  }

  /** Starts the dependents that were stopped for a service, all of them once; the first failure is thrown. */
  async #startOwed(service: string, signal?: AbortSignal): Promise<void> {
    const owed = this.#owed.get(service) ?? [];
    this.#owed.delete(service);
    let failure: ServiceError | undefined;
    for (const name of owed) {
      const code = await this.#ask("start", name, signal);
      if (code !== 0) failure ??= dependentFailed("start", name, service, code);
    }
    if (failure) throw failure;
  }

  async #run(
    program: keyof ServicePrograms,
    action: "query" | "enable" | ControlVerb,
    service: string,
    signal?: AbortSignal,
    args = [action, service],
  ): Promise<ChildResult> {
    requireServiceName(service);
    const path = this.programs[program];
    const { queryTimeout, changeTimeout } = this.limits;
    const limit = action === "query" ? queryTimeout : changeTimeout;
    // Of sc the exit code counts, and only the output of a query that succeeded is read.
    const endTree = this.#endTree;
    const options = { limit, endTree, clock: this.clock, withoutErrors: program === "sc", signal };
    const result = await runChild(path, args, options).catch((error) => {
      signal?.throwIfAborted();
      throw unavailable(action, service, error);
    });
    if (!result) throw timedOut(action, service, path, limit);
    return result;
  }
}

/** The states of a service that runs, or is about to. */
const RUNS: readonly ServiceState[] = ["RUNNING", "START_PENDING", "CONTINUE_PENDING"];

/**
 * Plans what is done about dependents: whatever is not stopped is stopped, and what ran is started again. One that is
 * paused or stopping stays stopped: an administrator chose that.
 *
 * @param listed all of them, the indirect ones too, in the order in which Windows lists them: each stands before those
 * that it depends on (`EnumDependentServices`).
 * @returns the names of those to stop before it and to start once it runs again, each in this order.
 */
export function planDependents(
  listed: readonly Dependent[],
): { stop: string[]; start: string[] } {
  const named = (dependents: readonly Dependent[]) => dependents.map(({ name }) => name);
  return {
    stop: named(listed.filter(({ state }) => state !== "STOPPED")),
    start: named(listed.filter(({ state }) => RUNS.includes(state))).reverse(),
  };
}

/** Of the kind `failed`: what stops or starts a dependent does not do so for the service itself. */
function dependentFailed(action: "start" | "stop", name: string, service: string, code: number) {
  const { meaning, advice } = meaningOf(code);
  const explanation = `${meaning} (${code}); ${advice}; it depends on '${service}'`;
  return new ServiceError("failed", action, name, explanation, code);
}

/** Deno's own errors name the program. */
function unavailable(action: ServiceAction, service: string, error: unknown) {
  const why = String(error).replaceAll(/\s+/g, " ");
  const explanation = `${why}; the agent needs this program, and the right to run it`;
  return new ServiceError("unavailable", action, service, explanation);
}

function timedOut(action: ServiceAction, service: string, path: string, limit: number) {
  const explanation = `'${path}' had not ended after ${formatDuration(limit)} and was killed; ` +
    "see in services.msc whether the service hangs";
  return new ServiceError("timeout", action, service, explanation);
}
