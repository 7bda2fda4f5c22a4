import * as v from "valibot";
import {
  AGENT_MAPS,
  type AgentInfo,
  type DaemonInfo,
  type JobInfo,
  mapPath,
  type Pause,
  type ThreadInfo,
  threadStates,
} from "../daemon/mod.ts";
import { findProblems, isWatching, worst } from "./health.ts";
import {
  type AgeOf,
  cutTexts,
  daemonsOf,
  type MapReader,
  pauseOf,
  troublesOf,
  verdictOf,
  type WatchedService,
  watchedServices,
} from "./state_reader.ts";
import {
  type DaemonStatus,
  type JobStatus,
  type ServiceStatus,
  type Status,
  ThreadSchema,
  type ThreadStatus,
  type VerdictStatus,
} from "./status_schema.ts";

/** What is not in the public state. */
export interface Moment {
  /** How long ago a time in the state was. */
  age: AgeOf;
  /** Resident memory of the agent, bytes. */
  memory: number;
  /** The name of this machine. */
  host: string;
  /** A daemon whose verdict is left out. Default: none. */
  silent?: string;
}

/** The status of the agent, its services and its daemons, from the public state alone. */
export function readStatus(state: MapReader, { age, memory, host, silent }: Moment): Status {
  const { last_end: lastEnd = null, ...info } = Object.fromEntries(
    state.map(AGENT_MAPS.info),
  ) as unknown as AgentInfo;
  const daemons = readDaemons(state, age).map((daemon) =>
    daemon.name === silent ? { ...daemon, verdict: null } : daemon
  );
  const watching = new Set(daemons.filter(isWatching).map(({ name }) => name));
  const parts = {
    agent: {
      host,
      simulated: false,
      ...info,
      uptime: seconds(age([AGENT_MAPS.info, "started"], info.started)),
      lastEnd,
      memory,
      troubles: troublesOf(state),
    },
    maintenance: describePause(pauseOf(state)),
    services: watchedServices(state).map((service) =>
      readService(service, watching.has(service.daemon), pauseOf(state, service.name), age)
    ),
    daemons,
  };
  const problems = findProblems(parts);
  return { health: worst(problems), problems, ...parts };
}

function describePause(pause: Pause | undefined): Status["maintenance"] {
  if (!pause) return null;
  const { since, until = null, by } = pause;
  return { since, until, by };
}

function readService(
  { stats: { query, restart: _, ...counted }, ...service }: WatchedService,
  watched: boolean,
  pause: Pause | undefined,
  age: AgeOf,
): ServiceStatus {
  const { daemon, name } = service;
  const seen = [mapPath(daemon, "ServiceStats"), name ?? "", "lastSeen"];
  return {
    ...service,
    ...counted,
    paused: describePause(pause),
    queryTime: query && query.count > 0 ? query.sum / query.count : null,
    lastSeenAge: counted.lastSeen === null ? null : seconds(age(seen, counted.lastSeen)),
    watched,
  };
}

function readDaemons(state: MapReader, age: AgeOf): DaemonStatus[] {
  const threads = [...state.map(AGENT_MAPS.threads)] as [string, ThreadInfo][];
  return daemonsOf(state).map(([name, daemon]) => {
    const own = threads.filter(([, thread]) => thread.daemon === name)
      .map(([name, thread]) => readThread(name, thread, age));
    const job = threads.find(([, thread]) => thread.daemon === name && thread.job)?.[1].job;
    return readDaemon(name, daemon, own, verdictOf(state, name, age), job);
  });
}

function readDaemon(
  name: string,
  { module, enabled, services, problem }: DaemonInfo,
  threads: ThreadStatus[],
  verdict: VerdictStatus | null,
  job: JobInfo | undefined,
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
    state: threadStates.find((state) => states.includes(state)) ??
      (enabled ? "absent" : "disabled"),
    uptime: uptimes.length > 0 ? Math.max(...uptimes) : null,
    restarts: threads.reduce((sum, { restarts }) => sum + restarts, 0),
    lastError: errors.sort((a, b) => a.at < b.at ? 1 : -1)[0] ?? null,
    heap: heaps.length > 0 ? heaps.reduce((sum, heap) => sum + heap, 0) : null,
    verdict: enabled ? verdict : null,
    job: job ? readJob(job) : null,
    threads,
  };
}

function readJob({ next, last }: JobInfo): JobStatus {
  return { next: next ?? null, last: last ? { ...last, took: last.took / 1_000 } : null };
}

const Thread = v.object(ThreadSchema.entries);

/** What a thread reports of itself is of the form of the status, or is left out. */
function readThread(name: string, thread: ThreadInfo, age: AgeOf): ThreadStatus {
  const { state, since, started } = thread;
  const spanSince = (field: string, time: string) =>
    seconds(age([AGENT_MAPS.threads, name, field], time));
  const { lastError, ...status } = v.parse(Thread, {
    ...thread,
    name,
    stateFor: spanSince("since", since),
    uptime: state === "running" && started !== undefined ? spanSince("started", started) : null,
  });
  return { ...status, lastError: lastError && cutTexts(lastError) };
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
