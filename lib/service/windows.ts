import { type Clock, formatDuration, systemClock } from "../base/mod.ts";
import { type ChildResult, runChild } from "./child.ts";
import { meaningOf, type ServiceAction, ServiceError, type ServiceErrorKind } from "./error.ts";
import {
  NO_PROGRESS,
  type Progress,
  requireServiceName,
  type ServiceState,
  type TimeLimits,
  timeLimits,
} from "./manager.ts";
import { readDisabled, readKeyName, readNetError, readProgress, readQuery } from "./output.ts";
import { ChangingServiceManager, type ControlVerb } from "./restart.ts";

/** The options of a {@linkcode WindowsServiceManager}. */
export interface WindowsOptions extends Partial<TimeLimits> {
  /** Default: {@linkcode systemClock}. */
  clock?: Clock;
  /** The paths of the two programs. Default: those of Windows. */
  programs?: ServicePrograms;
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

/** The error that says that a change had been made already. */
const already: Readonly<Record<ControlVerb, ServiceErrorKind | undefined>> = {
  start: "already-running",
  stop: "not-started",
  continue: undefined,
};

/** Windows' service control manager, by way of `sc.exe` and `net.exe`. */
export class WindowsServiceManager extends ChangingServiceManager {
  readonly #programs: ServicePrograms;
  readonly #progress = new Map<string, Progress>();

  /** `systemRoot` is the value of `%SystemRoot%`. */
  constructor(systemRoot: string, options: WindowsOptions = {}) {
    super(options.clock ?? systemClock, timeLimits(options));
    this.#programs = options.programs ?? windowsPrograms(systemRoot);
  }

  /** See {@linkcode ServiceManager.query}. */
  async query(service: string, signal?: AbortSignal): Promise<ServiceState | undefined> {
    const { code, output } = await this.#run("sc", "query", service, signal);
    const answer = readQuery(code, output);
    if (answer === "unreadable") throw unreadable(service);
    if ("state" in answer) {
      if (answer.state.endsWith("_PENDING")) this.#progress.set(service, readProgress(output));
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
    const { code, output } = await this.#run("sc", "query", service, signal, ["qc", service]);
    return readDisabled(code, output);
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
    const { code, output } = await this.#run("sc", "query", displayName, signal, args);
    return readKeyName(code, output);
  }

  /** `net` waits for the change; when it fails without a number, `sc` is run for its exit code. */
  protected override async change(
    change: ControlVerb,
    service: string,
    signal?: AbortSignal,
  ): Promise<void> {
    const net = await this.#run("net", change, service, signal);
    if (net.code === 0) return;
    const code = readNetError(net.output) ?? (await this.#run("sc", change, service, signal)).code;
    if (code === 0 || meaningOf(code).kind === already[change]) return;
    throw ServiceError.ofCode(change, service, code);
  }

  async #run(
    program: keyof ServicePrograms,
    action: "query" | "enable" | ControlVerb,
    service: string,
    signal?: AbortSignal,
    args = [action, service],
  ): Promise<ChildResult> {
    requireServiceName(service);
    const path = this.#programs[program];
    const { queryTimeout, changeTimeout } = this.limits;
    const limit = action === "query" ? queryTimeout : changeTimeout;
    // Of sc the exit code counts, and only the output of a query that succeeded is read.
    const options = { limit, clock: this.clock, withoutErrors: program === "sc", signal };
    const result = await runChild(path, args, options).catch((error) => {
      signal?.throwIfAborted();
      throw unavailable(action, service, error);
    });
    if (!result) throw timedOut(action, service, path, limit);
    return result;
  }
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

function unreadable(service: string) {
  const explanation = "the output of 'sc query' cannot be read; run it by hand to see why";
  return new ServiceError("unreadable", "query", service, explanation);
}
