/**
 * What the agent shares about itself in the public state: the maps `Agent.*`, written by the agent's own thread
 * alone and read by every thread and by the control endpoint.
 *
 * @module
 */
import type { DaemonMetrics } from "./metrics.ts";

/** The paths of the agent's maps. */
export const AGENT_MAPS = {
  /** Keys of {@linkcode AgentInfo}. */
  info: "Agent.Info",
  /** By thread name, {@linkcode ThreadInfo}. */
  threads: "Agent.Threads",
  /** By daemon name, {@linkcode DaemonInfo}. */
  daemons: "Agent.Daemons",
  /** Key `paused`, {@linkcode Pause}; absent when the agent is not paused. */
  maintenance: "Agent.Maintenance",
  /** By a service's name in small letters, {@linkcode Pause}. */
  servicePauses: "Agent.ServicePauses",
  /** By the name of a service of Icinga 2, what is seen of it: `IcingaSample` of `lib/icinga`. */
  host: "Agent.Host",
  /** Why services are not restarted now, a clause each: key `installing` for all, `network` for Icinga 2. */
  aside: "Agent.Aside",
  /** By a service's name in small letters, the number of its state (1 is STOPPED); 4, RUNNING, while its process exists. */
  serviceStates: "Agent.ServiceStates",
  /** By a service's name in small letters, its start type, such as `disabled`; only of services that do not run. */
  serviceStartTypes: "Agent.ServiceStartTypes",
  /** By {@linkcode TroubleKind}, {@linkcode AgentTrouble}: what the agent cannot do at present. */
  troubles: "Agent.Troubles",
} as const;

/**
 * What the agent itself may be unable to do.
 *
 * - `log`: write its log, or rotate it
 * - `event_log`: write the Windows event log
 * - `state`: save the public state, all of it
 * - `commands`: serve commands and the page
 * - `metrics`: serve metrics on an address of their own
 * - `textfile`: write the metrics into a file
 * - `lock`: lock its home
 * - `record`: record its run
 * - `configuration`: apply the configuration as it is in the file
 * - `handles`: have many more files and threads before the system refuses more
 */
export const troubleKinds = [
  "log",
  "event_log",
  "state",
  "commands",
  "metrics",
  "textfile",
  "lock",
  "record",
  "configuration",
  "handles",
] as const;

/** See {@linkcode troubleKinds}. */
export type TroubleKind = typeof troubleKinds[number];

/** Reports what the agent cannot do, in one line; undefined: it can again. */
export type ReportTrouble = (kind: TroubleKind, text: string | undefined) => void;

/** Something that the agent cannot do at present. */
export interface AgentTrouble {
  /** Since when, UTC ISO 8601. */
  since: string;
  /** What, why, and how much is missing, in one line. */
  text: string;
}

/** How the program was started. */
export type RunMode = "foreground" | "service" | "background";

/** How a run ended: it was stopped and came to its end, or it did not stop cleanly. */
export type RunEnd = "clean" | "unclean";

/** What the agent is. */
export interface AgentInfo {
  /** The version of the program. */
  version: string;
  /** The commit it was compiled from. */
  commit: string;
  /** The version of Deno inside. */
  deno: string;
  /** The process id. */
  pid: number;
  /** The home folder, absolute. */
  home: string;
  /** When it was started, UTC ISO 8601. */
  started: string;
  /** How it was started. */
  mode: RunMode;
  /** Its services are simulated; absent: they are this host's. */
  simulated?: boolean;
  /** How the previous run of this home ended; absent when there was none. */
  last_end?: RunEnd;
}

/**
 * The state of a thread, the worst first: a daemon's state is that of its worst thread.
 *
 * - `failed`: it failed too often, or threads of its daemon cannot be ended; it is left alone for long
 * - `frozen`: it sent no heartbeat, and is being ended
 * - `backing-off`: it failed, and is started again after a while
 * - `stopping`: it was asked to stop
 * - `stopped`: it was stopped
 * - `starting`: its worker is being made, its module loaded
 * - `waiting`: for a place in its pool
 * - `running`: its daemon works
 * - `scheduled`: it is a job, and waits for its next run
 * - `finished`: its work is done
 */
export const threadStates = [
  "failed",
  "frozen",
  "backing-off",
  "stopping",
  "stopped",
  "starting",
  "waiting",
  "running",
  "scheduled",
  "finished",
] as const;

/** What a thread is doing; see {@linkcode threadStates}. */
export type ThreadState = typeof threadStates[number];

/** What is known of a thread. */
export interface ThreadInfo {
  /** The daemon it belongs to. */
  daemon: string;
  /** What it runs of it; `run` for a daemon's own thread. */
  task: string;
  /** The pool that it runs in. */
  pool: string;
  /** Its state. */
  state: ThreadState;
  /** Since when, UTC ISO 8601. */
  since: string;
  /** How often it was started again. */
  restarts: number;
  /** Failures in a row; absent when there are none. */
  failures?: number;
  /** What failed last, and when, UTC ISO 8601. */
  lastError?: { at: string; message: string };
  /** Bytes in use on its heap, as last heard. */
  heap?: number;
  /** How late its event loop was, ms, as last heard. */
  lag?: number;
  /** When it was last started, UTC ISO 8601. */
  started?: string;
  /** Where it is a job: its runs. */
  job?: JobInfo;
}

/** The runs of a job. */
export interface JobInfo {
  /** When the next one is due, UTC ISO 8601; absent while one is under way. */
  next?: string;
  /** The last one that has ended: when it was started, how long it took, ms, and whether `run` returned. */
  last?: { at: string; took: number; outcome: "done" | "failed" };
}

/** A daemon that is registered. */
export interface DaemonInfo {
  /** Its module as configured; null for one that is built in. */
  module: string | null;
  /** Whether it is to run. */
  enabled: boolean;
  /** It may manage services: what it shares of them is shown. */
  services?: true;
  /** Why it cannot run, or not as configured, in one line. */
  problem?: string;
  /** What of its maps is shown as metrics, and its module's name; absent where nothing is. */
  metrics?: { module: string; maps: DaemonMetrics };
}

/** A pause of the agent: daemons skip their beats, and nothing is restarted. Or of a service: it is not touched. */
export interface Pause {
  /** Since when, UTC ISO 8601. */
  since: string;
  /** When it ends, UTC ISO 8601; absent when it has no end. */
  until?: string;
  /** How much of it is left, ms, as it was last counted; absent when it has no end. */
  left?: number;
  /** Who asked for it. */
  by: "service" | "command";
}

/** The thread name of the agent's own thread, which owns `Agent.*` and gives saved state back. */
export const MAIN_THREAD = "main";

/**
 * A thread's name, `<daemon>::<task>::<name>::<index>`, for example
 * `icinga_agent_service::run::Main::0`.
 *
 * @param index counts up from 0 when the same thread is added again.
 */
export function threadName(daemon: string, task: string, name: string, index: number): string {
  return [daemon, task, name, index].join("::");
}

/** The path of a daemon's map in the public state: `Daemons.<daemon>.<map>`. */
export function mapPath(daemon: string, map: string): string {
  return `Daemons.${daemon}.${map}`;
}

/** Whether a thread may write a map: the agent's own thread any, a daemon's thread its daemon's. */
export function mayWrite(thread: string, path: string): boolean {
  if (thread === MAIN_THREAD) return true;
  const [daemon] = thread.split("::");
  return path.startsWith(mapPath(daemon!, ""));
}

/** Whose a map is, by its path: `Daemons.<daemon>`, or `Agent.<map>`. */
export function ownerOf(path: string): string {
  return path.split(".", 2).join(".");
}
