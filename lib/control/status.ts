import {
  AGENT_MAPS,
  type AgentInfo,
  type DaemonStanding,
  type Pause,
  type ThreadStanding,
  type ThreadState,
} from "../daemon/mod.ts";
import { findTroubles, isWatching, THRESHOLDS, worst } from "./health.ts";
import {
  pauseOf,
  standingsOf,
  type StateReader,
  threadsOf,
  troublesOf,
  verdictOf,
  type WatchedService,
  watchedServices,
} from "./state_reader.ts";
import type {
  DaemonStatus,
  ServiceStatus,
  Status,
  ThreadStatus,
  VerdictStatus,
} from "./status_schema.ts";

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
  "failed",
  "frozen",
  "backing-off",
  "stopping",
  "stopped",
  "starting",
  "waiting",
  "running",
  "finished",
];

/** How the agent, its services and its daemons are, from the public state alone. */
export function readStatus(state: StateReader, { now, memory, host }: Moment): Status {
  const { last_end: lastEnd = null, ...info } = Object.fromEntries(
    state.map(AGENT_MAPS.info),
  ) as unknown as AgentInfo;
  const daemons = readDaemons(state, now);
  const watching = new Set(
    daemons.filter((daemon) => isWatching(daemon, now)).map(({ name }) => name),
  );
  const parts = {
    agent: {
      host,
      ...info,
      uptime: secondsSince(info.started, now),
      lastEnd,
      memory,
      troubles: troublesOf(state),
    },
    maintenance: describePause(pauseOf(state)),
    services: watchedServices(state).map((service) =>
      readService(service, watching.has(service.daemon), pauseOf(state, service.name))
    ),
    daemons,
  };
  const problems = findTroubles(parts, THRESHOLDS, now);
  return { health: worst(problems), problems, ...parts };
}

function describePause(pause: Pause | undefined): Status["maintenance"] {
  if (!pause) return null;
  const { since, until = null, by } = pause;
  return { since, until, by };
}

function readService(
  { stats, ...service }: WatchedService,
  watched: boolean,
  pause: Pause | undefined,
): ServiceStatus {
  const query = stats?.query;
  return {
    ...service,
    restarts: stats?.restarts ?? null,
    restartFailures: stats?.restartFailures ?? null,
    restartsLastHour: stats?.restartsLastHour ?? null,
    stable: stats?.stable ?? null,
    flapping: stats?.flapping ?? false,
    paused: describePause(pause),
    mode: stats?.mode ?? null,
    wouldRestarts: stats?.wouldRestarts ?? 0,
    wouldRestart: stats?.wouldRestart ?? null,
    disabled: stats?.disabled ?? null,
    recoveries: stats?.recoveries ?? null,
    queries: stats?.queries ?? null,
    queryErrors: stats?.queryErrors ?? null,
    queryError: stats?.queryError ?? null,
    queryTime: query && query.count > 0 ? query.sum / query.count : null,
    lastRestart: stats?.lastRestart ?? null,
    lastSeen: stats?.lastSeen ?? null,
    watched,
  };
}

function readDaemons(state: StateReader, now: number): DaemonStatus[] {
  const threads = threadsOf(state);
  return standingsOf(state).map(([name, daemon]) => {
    const own = threads.filter(([, thread]) => thread.daemon === name)
      .map(([name, thread]) => readThread(name, thread, now));
    return readDaemon(name, daemon, own, verdictOf(state, name, now));
  });
}

function readDaemon(
  name: string,
  { module, enabled, services, problem }: DaemonStanding,
  threads: ThreadStatus[],
  verdict: VerdictStatus | null,
): DaemonStatus {
  const states = threads.map(({ state }) => state);
  const heaps = threads.flatMap(({ heap }) => heap ?? []);
  const uptimes = threads.flatMap(({ uptime }) => uptime ?? []);
  const errors = threads.flatMap(({ lastError }) => lastError ?? []);
  return {
    name,
    module,
    enabled,
    services: services ?? false,
    problem: problem ?? null,
    state: WORST_FIRST.find((state) => states.includes(state)) ?? (enabled ? "absent" : "disabled"),
    uptime: uptimes.length > 0 ? Math.max(...uptimes) : null,
    restarts: threads.reduce((sum, { restarts }) => sum + restarts, 0),
    lastError: errors.sort((a, b) => a.at < b.at ? 1 : -1)[0] ?? null,
    heap: heaps.length > 0 ? heaps.reduce((sum, heap) => sum + heap, 0) : null,
    verdict: enabled ? verdict : null,
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
