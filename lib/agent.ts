import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { builtinDaemons } from "../daemons/mod.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Config, DaemonConfig } from "./config/mod.ts";
import type { DaemonPermissions } from "./daemon/mod.ts";
import { MAIN_THREAD, mayWrite, threadName } from "./daemon/names.ts";
import { agentLog, type WriteLog } from "./log/mod.ts";
import { type ServiceManagerPlan, servicePrograms } from "./service/mod.ts";
import { PublicState } from "./state/mod.ts";
import { workerPermissions } from "./supervisor/permissions.ts";
import { ThreadPool } from "./supervisor/pool.ts";
import { supervise, type ThreadPlan } from "./supervisor/supervisor.ts";

/** What an agent is made of. */
export interface AgentParts {
  /** What is in force. */
  config: Config;
  /** The home folder, absolute. */
  home: string;
  /** The service manager that daemons get. */
  serviceManager: ServiceManagerPlan;
  /** Where its log records go. */
  log: WriteLog;
  /** Where it takes its time from; the system's clock unless told. */
  clock?: Clock;
}

/** The pool that a daemon's first thread runs in. */
const MAIN_POOL = "MainPool";

/**
 * Runs the agent until `signal` is aborted: one thread for each daemon that is registered and enabled, all of
 * them sharing the public state. Resolves when every thread is gone.
 */
export async function runAgent(parts: AgentParts, signal: AbortSignal): Promise<void> {
  const { config, log: write, clock = systemClock } = parts;
  const log = agentLog(write);
  const state = new PublicState({
    thread: MAIN_THREAD,
    first: true,
    mayWrite,
    onProblem: (text) => log.warning(text),
  });
  const pool = new ThreadPool(config.threadPools[MAIN_POOL].max);
  const daemons = Object.entries(config.daemons).filter(([, daemon]) => daemon.enabled);
  if (daemons.length === 0) {
    log.warning("No daemon is registered and enabled: there is nothing to do");
  }
  const threads = daemons.map(([name, daemon]) =>
    supervise(planThread(name, daemon, pool, parts), { clock, log: write, signal })
  );
  await Promise.all([...threads, aborted(signal)]);
  state.close();
}

function planThread(
  daemon: string,
  config: DaemonConfig,
  pool: ThreadPool,
  { home, serviceManager, config: { log } }: AgentParts,
): ThreadPlan {
  const { module, permissions, folder } = findModule(daemon, config, home);
  return {
    assignment: {
      thread: threadName(daemon, "run", "Main", 0),
      daemon,
      module,
      arguments: config.arguments,
      serviceManager,
      logLevel: log.level,
    },
    permissions: workerPermissions(permissions, folder, servicePrograms(serviceManager)),
    pool,
  };
}

interface DaemonModule {
  /** Its URL. */
  module: string;
  permissions: DaemonPermissions;
  /** The folder it lies in; undefined inside the program. */
  folder?: string;
}

function findModule(daemon: string, { module }: DaemonConfig, home: string): DaemonModule {
  if (module === undefined) {
    const builtin = builtinDaemons.get(daemon)!;
    return { module: builtin.module, permissions: builtin.definition.permissions ?? {} };
  }
  const file = resolve(home, module);
  return { module: pathToFileURL(file).href, permissions: {}, folder: dirname(file) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
