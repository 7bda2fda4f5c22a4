import type { Config } from "../config/mod.ts";
import { DISKS, threadName } from "../daemon/mod.ts";
import type { RegisteredDaemon } from "../registry/mod.ts";
import { type ServiceManagerPlan, servicePrograms } from "../service/mod.ts";
import type { ThreadPlan } from "../supervisor/mod.ts";
import { ownReads, workerPermissions } from "../thread/mod.ts";

/** What all plans share. */
export interface PlanParts {
  /** The home folder, absolute. */
  home: string;
  /** The service manager that daemons get. */
  serviceManager: ServiceManagerPlan;
}

/** V8's hard limit is this many times `memoryLimit`, so that the limit itself is noticed first, with a warning. */
const HEAP_MARGIN = 1.5;

/** The pool that a daemon's first thread runs in. */
const MAIN_POOL = "MainPool";

/** The plans of the daemons that are to run, by name; those that are built in are started first. */
export function planDaemons(
  daemons: readonly RegisteredDaemon[],
  { log }: Config,
  parts: PlanParts,
): Map<string, ThreadPlan> {
  return new Map(
    inOrder(daemons).map((daemon) => [daemon.name, planThread(daemon, log, parts)]),
  );
}

/** The daemons that can run, in the order in which they are started. */
function inOrder(daemons: readonly RegisteredDaemon[]): RegisteredDaemon[] {
  const usable = daemons.filter(({ enabled, problem, runs }) =>
    enabled && (problem === undefined || runs)
  );
  return usable.sort((a, b) => Number(a.module !== null) - Number(b.module !== null));
}

/** What `run` and `config check` warn of, a line each: what daemons have, and {@linkcode warnOfPool}. */
export function warningsOf(
  daemons: readonly RegisteredDaemon[],
  config: Pick<Config, "threadPools">,
): string[] {
  const running = inOrder(daemons).flatMap(({ warnings }) => warnings);
  return [...running, ...[warnOfPool(daemons, config)].filter((text) => text !== undefined)];
}

/**
 * A warning, in one line, that the pool of the daemons' own threads has fewer places than there are daemons that run all
 * the time; undefined when it has enough. Jobs are not counted: they leave the pool.
 */
export function warnOfPool(
  daemons: readonly RegisteredDaemon[],
  { threadPools }: Pick<Config, "threadPools">,
): string | undefined {
  const names = inOrder(daemons).filter(({ policy }) => !policy.schedule).map(({ name }) => name);
  const { max } = threadPools[MAIN_POOL];
  if (names.length <= max) return undefined;
  const waiting = names.slice(max).join(", ");
  return `threadPools.${MAIN_POOL}.max is ${max}, and ${names.length} daemons need a place in it all the time; ${waiting} may wait without end; expected at least ${names.length}`;
}

function planThread(
  { name, url, version, files, ...daemon }: RegisteredDaemon,
  log: Config["log"],
  { home, serviceManager }: PlanParts,
): ThreadPlan {
  return {
    assignment: {
      thread: threadName(name, "run", "Main", 0),
      daemon: name,
      task: { type: "run" },
      module: url,
      version,
      home,
      arguments: daemon.arguments,
      services: daemon.permissions.services ?? false,
      serviceManager,
      logLevel: log.level,
      frozenAfter: daemon.policy.frozenAfter,
      heapLimit: daemon.policy.memoryLimit * HEAP_MARGIN,
    },
    permissions: workerPermissions(
      daemon.permissions,
      ownReads(files, home),
      servicePrograms(serviceManager),
    ),
    rights: rightsOf(daemon.permissions),
    pool: MAIN_POOL,
    isBuiltIn: files.length === 0,
    policy: daemon.policy,
  };
}

/** See {@linkcode ThreadPlan.rights}. */
function rightsOf(
  { sys = [], run = [], secrets = [] }: RegisteredDaemon["permissions"],
): string[] {
  return [
    ...secrets.map((name) => `secrets ${name}`),
    ...(sys.some((item) => item === DISKS || item === "*") ? [`sys ${DISKS}`] : []),
    ...(run.length > 0 ? ["run"] : []),
  ];
}
