import {
  type DaemonContext,
  type DaemonMap,
  defineDaemon,
  type Service,
} from "../lib/daemon/mod.ts";
import { checkServiceName, ServiceError, type ServiceState } from "../lib/service/mod.ts";

/** How long a service may stay in a pending state before that counts as an error, ms. */
export const PENDING_LIMIT = 60_000;

/** What the daemon does about a state it has seen. */
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

/**
 * The daemon that keeps the Icinga 2 agent service running: it queries the service at an interval and
 * restarts it when it is not running. It shares `ServiceState.value` (the state last seen, absent until the
 * service was found installed) and `ServiceState.restart_error` (restarts that failed in a row).
 */
export default defineDaemon({
  name: "icinga_agent_service",
  description: "Keeps the Icinga 2 agent service running",
  arguments: {
    service: {
      type: "string",
      default: "icinga2",
      description: "Name of the service (not its display name)",
      check: checkServiceName,
    },
    interval: {
      type: "duration",
      default: "5s",
      min: "100ms",
      max: "1h",
      description: "Time from one query to the next",
    },
  },
  permissions: { services: true },
  run: (context) => {
    const watch = new ServiceWatch(context, context.service(context.arguments.service));
    return context.every(context.arguments.interval, () => watch.tick());
  },
});

/** Keeps one service running; each tick is one query and, where it is called for, one restart. */
class ServiceWatch {
  readonly #context: Pick<DaemonContext, "log" | "now" | "signal">;
  readonly #service: Service;
  readonly #shared: DaemonMap<ServiceState | number>;
  #seen: { state: ServiceState | undefined; at: number } | undefined;
  #queryError = "";

  constructor(context: Pick<DaemonContext, "log" | "now" | "signal" | "state">, service: Service) {
    this.#context = context;
    this.#service = service;
    this.#shared = context.state.map("ServiceState");
    this.#shared.set("restart_error", 0);
  }

  /** Rejects only when the daemon is to stop; what else fails is logged. */
  async tick(): Promise<void> {
    try {
      const state = await this.#service.query();
      this.#queryError = "";
      await this.#act(state);
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      if (!isInterrupted(error)) this.#noteQueryError(message(error));
    }
  }

  async #act(state: ServiceState | undefined): Promise<void> {
    const since = this.#note(state);
    switch (decide(state, this.#context.now() - since)) {
      case "none":
        return this.#noteHealth(state);
      case "wait":
        return;
      case "restart":
        return await this.#restart();
      case "report-stuck":
        this.#fail(
          `Service '${this.#service.name}' has been ${state} for over a minute; end its process`,
        );
        this.#seen = undefined;
    }
  }

  async #restart(): Promise<void> {
    try {
      await this.#service.restart();
    } catch (error) {
      if (this.#context.signal.aborted || isInterrupted(error)) throw error;
      return this.#fail(message(error));
    }
    this.#seen = { state: "RUNNING", at: this.#context.now() };
    this.#shared.set("value", "RUNNING");
    this.#shared.set("restart_error", 0);
    this.#context.log.info(
      `Restarted service '${this.#service.name}': it is RUNNING (restart_error 0)`,
    );
  }

  #fail(what: string): void {
    const errors = Number(this.#shared.get("restart_error") ?? 0) + 1;
    this.#shared.set("restart_error", errors);
    this.#context.log.error(`${what} (restart_error ${errors})`);
  }

  /** Shares the state, logs a change of it, and returns since when it has been so, ms. */
  #note(state: ServiceState | undefined): number {
    if (state !== undefined) this.#shared.set("value", state);
    if (this.#seen?.state !== state || !this.#seen) {
      this.#seen = { state, at: this.#context.now() };
      this.#context.log[levelOf(state)](
        `Service '${this.#service.name}' is ${state ?? "not installed"}`,
      );
    }
    return this.#seen.at;
  }

  /** A service that somebody else repaired has no errors left. */
  #noteHealth(state: ServiceState | undefined): void {
    if (state === "RUNNING" && this.#shared.get("restart_error") !== 0) {
      this.#shared.set("restart_error", 0);
    }
  }

  #noteQueryError(error: string): void {
    this.#context.log[error === this.#queryError ? "debug" : "error"](error);
    this.#queryError = error;
  }
}

function levelOf(state: ServiceState | undefined): "debug" | "info" | "warning" {
  if (state === undefined) return "debug";
  return state === "STOPPED" || state === "PAUSED" ? "warning" : "info";
}

/** Ctrl+C reaches the child first: that the daemon is to stop is about to be known. */
function isInterrupted(error: unknown): boolean {
  return error instanceof ServiceError && error.kind === "interrupted";
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
