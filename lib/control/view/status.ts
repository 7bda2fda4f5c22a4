import {
  AGENT_MAPS,
  type AgentInfo,
  type DaemonStanding,
  type Pause,
  type ThreadStanding,
  type ThreadState,
} from "../../daemon/agent_state.ts";
import type { ServiceStats } from "../../service/stats.ts";
import { findTroubles, worst } from "./health.ts";
import { daemonsWith, type StateReader } from "./read.ts";
import type { DaemonStatus, ServiceStatus, Status, ThreadStatus } from "./status_schema.ts";

/** What is not in the public state. */
export interface Moment {
  /** Milliseconds since the Unix epoch. */
  now: number;
  /** Resident memory of the agent, bytes. */
  memory: number;
  /** The name of this machine. */
  host: string;
}

/** Of a daemon's threads the one in the first of these states speaks for it. */
const WORST_FIRST: readonly ThreadState[] = [
  ...["failed", "frozen", "backing-off", "stopping", "stopped", "starting", "waiting"] as const,
  ...["running", "finished"] as const,
];

/** How the agent, its services and its daemons are, from the public state alone. */
export function readStatus(state: StateReader, { now, memory, host }: Moment): Status {
  const info = Object.fromEntries(state.map(AGENT_MAPS.info)) as unknown as AgentInfo;
  const { version, commit, deno, pid, home, mode, started, last_end: lastEnd = null } = info;
  const parts = {
    agent: {
      ...{ host, version, commit, deno, pid, home, mode, started },
      ...{ uptime: secondsSince(started, now), lastEnd, memory },
    },
    maintenance: readPause(state),
    services: readServices(state),
    daemons: readDaemons(state, now),
  };
  const problems = findTroubles(parts);
  return { health: worst(problems), problems, ...parts };
}

function readPause(state: StateReader): Status["maintenance"] {
  const pause = state.map(AGENT_MAPS.maintenance).get("paused") as Pause | undefined;
  return pause ? { since: pause.since, until: pause.until ?? null, by: pause.by } : null;
}

/**
 * A daemon that has the map `ServiceState` keeps a service running, which the map tells of; or several, each under
 * its name in the map.
 */
function readServices(state: StateReader): ServiceStatus[] {
  return daemonsWith(state, "ServiceState").flatMap(({ daemon, path }) => {
    const map = state.map(path);
    const stats = state.map(`Daemons.${daemon}.ServiceStats`) as ReadonlyMap<string, ServiceStats>;
    const listed = [...map].filter(([, shared]) => typeof shared === "object" && shared !== null);
    if (listed.length > 0) {
      return listed.map(([name, shared]) =>
        readService({ daemon, name, path: `${path}.${name}` }, shared!, stats.get(name))
      );
    }
    const [name, counted] = [...stats][0] ?? [null];
    return [readService({ daemon, name, path }, Object.fromEntries(map), counted)];
  });
}

function readService(
  identity: Pick<ServiceStatus, "daemon" | "name" | "path">,
  shared: { value?: unknown; restart_error?: unknown },
  stats: ServiceStats | undefined,
): ServiceStatus {
  const { value, restart_error } = shared;
  return {
    ...identity,
    ...{ value: text(value), restart_error: count(restart_error) },
    ...readStats(stats),
  };
}

function readStats(stats: ServiceStats | undefined) {
  const query = stats?.query;
  return {
    restarts: stats?.restarts ?? null,
    restartFailures: stats?.restartFailures ?? null,
    queries: stats?.queries ?? null,
    queryErrors: stats?.queryErrors ?? null,
    queryError: text(stats?.queryError),
    queryTime: query && query.count > 0 ? query.sum / query.count : null,
    lastRestart: stats?.lastRestart ?? null,
  };
}

function readDaemons(state: StateReader, now: number): DaemonStatus[] {
  const threads = [...state.map(AGENT_MAPS.threads)] as [string, ThreadStanding][];
  const daemons = [...state.map(AGENT_MAPS.daemons)] as [string, DaemonStanding][];
  return daemons.sort(([a], [b]) => a < b ? -1 : 1).map(([name, daemon]) => {
    const own = threads.filter(([, thread]) => thread.daemon === name)
      .map(([name, thread]) => readThread(name, thread, now));
    return readDaemon(name, daemon, own);
  });
}

function readDaemon(
  name: string,
  { module, enabled, problem }: DaemonStanding,
  threads: ThreadStatus[],
): DaemonStatus {
  const states = threads.map(({ state }) => state);
  const heaps = threads.flatMap(({ heap }) => heap ?? []);
  const errors = threads.flatMap(({ lastError }) => lastError ?? []);
  return {
    ...{ name, module, enabled, problem: problem ?? null },
    state: WORST_FIRST.find((state) => states.includes(state)) ?? (enabled ? "absent" : "disabled"),
    uptime: threads.reduce<number | null>(
      (most, { uptime }) => uptime === null ? most : Math.max(most ?? 0, uptime),
      null,
    ),
    restarts: threads.reduce((sum, { restarts }) => sum + restarts, 0),
    lastError: errors.sort((a, b) => a.at < b.at ? 1 : -1)[0] ?? null,
    heap: heaps.length > 0 ? heaps.reduce((sum, heap) => sum + heap, 0) : null,
    threads,
  };
}

function readThread(name: string, thread: ThreadStanding, now: number): ThreadStatus {
  const { task, pool, state, since, restarts, failures = 0 } = thread;
  const { started, lastError = null, heap = null, lag = null } = thread;
  const uptime = state === "running" && started !== undefined ? secondsSince(started, now) : null;
  return { name, task, pool, state, since, uptime, restarts, failures, lastError, heap, lag };
}

/** The wall clock may have been set back meanwhile. */
function secondsSince(time: string, now: number): number {
  return Math.max(0, Math.round((now - Date.parse(time)) / 1000));
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}
