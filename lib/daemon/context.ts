import { type Clock, parseDuration, systemClock, toJson } from "../base/mod.ts";
import { isLogged, type LogLevel } from "../log/mod.ts";
import {
  type Progress,
  ServiceError,
  type ServiceManager,
  type ServiceMode,
  type ServiceState,
} from "../service/mod.ts";
import type { MapOptions, PublicState, ReplicatedMap, ValueCheck } from "../state/mod.ts";
import { AGENT_MAPS, mapPath, type ThreadState } from "./agent_state.ts";
import type { ArgumentSpecs, ArgumentValues } from "./arguments.ts";
import type { MapSpec, MapSpecs } from "./define.ts";
import { explainRefusal } from "./permissions.ts";
import {
  makeVerdict,
  type ReportOptions,
  VERDICT_MAP,
  type VerdictLevel,
  type VerdictNumber,
} from "./verdict.ts";

/**
 * Where a daemon's log records go: into the agent's log, with the thread's name. A message is a text; an error, which
 * is logged with its stack; or any value, which is logged as JSON. `fields` follow the message as JSON.
 */
export interface DaemonLog {
  /** For debugging the daemon: how it decides. */
  debug(message: unknown, fields?: Record<string, unknown>): void;
  /** What it did, and what changed. */
  info(message: unknown, fields?: Record<string, unknown>): void;
  /** What is not as it should be. */
  warning(message: unknown, fields?: Record<string, unknown>): void;
  /** The same as `warning`. */
  warn(message: unknown, fields?: Record<string, unknown>): void;
  /** What failed. */
  error(message: unknown, fields?: Record<string, unknown>): void;
}

/** A map of the public state that a daemon owns. */
export type DaemonMap<V> = ReplicatedMap<string, V>;

/** The type of a declared map's values: what its check returns. */
export type MapValue<Spec extends MapSpec> = Spec extends { check: ValueCheck<infer V> } ? V
  : unknown;

/**
 * The public state as a daemon sees it: every map can be read, its own can be written. A `DaemonMap<V>` is a
 * `ReplicatedMap` of values of type `V`.
 */
export interface DaemonState<M extends MapSpecs = MapSpecs> {
  /** The daemon's own map `Daemons.<daemon>.<name>`, shared by all its threads, as its definition declares it. */
  map<K extends keyof M & string>(name: K): DaemonMap<MapValue<M[K]>>;
  /**
   * The daemon's own map `Daemons.<daemon>.<name>`, shared by all its threads.
   *
   * @param options `persistent`: it outlives the agent; `open`: every daemon may write it; `check`: looks at each value.
   */
  map<V = unknown>(name: string, options?: MapOptions<V>): DaemonMap<V>;
  /** Another daemon's map, to read; and to write, if that daemon has opened it. */
  of<V = unknown>(daemon: string, name: string): DaemonMap<V>;
  /** A map of the agent itself, `Agent.<name>`, to read. */
  agent<V = unknown>(name: string): DaemonMap<V>;
}

/**
 * One Windows service, as its daemon sees it. Every call fails with an error that says what happened and what to
 * do, and none outlives the time limits of the configuration (`serviceManager`).
 */
export interface Service {
  /** The name of the service. */
  readonly name: string;
  /** How much the agent does about services: in `observe` each change of one is refused. */
  readonly mode: ServiceMode;
  /** Its state, such as `RUNNING`; undefined when no such service is installed. */
  query(): Promise<ServiceState | undefined>;
  /** Starts it; that it runs already is a success. It may still be `START_PENDING` afterwards. */
  start(): Promise<void>;
  /** Stops it; that it is stopped already is a success. It may still be `STOP_PENDING` afterwards. */
  stop(): Promise<void>;
  /**
   * Brings it to `RUNNING` from any state; resolves when a query has confirmed that.
   *
   * @param seen the state for which this is done. Unless it is `RUNNING`, a service that runs by now is not stopped.
   * Default: `RUNNING`.
   * @returns whether anything was asked of it: false where it came to run by itself.
   */
  restart(seen?: ServiceState): Promise<boolean>;
  /** How far it says that it is while it is pending, as the last query saw it. */
  progress(): Progress;
  /** Whether its start type is disabled; undefined where that cannot be read. */
  isDisabled(): Promise<boolean | undefined>;
  /** Sets its start type to automatic. */
  enable(): Promise<void>;
  /** Asks the agent to end its process, with all that it has started, if it stays in a pending state. */
  endProcess(): void;
  /** Whether it is paused by a command: it is to be left alone. */
  isPaused(): boolean;
  /** The name of the service whose display name is this one's name; undefined where there is none. */
  nameByDisplayName(): Promise<string | undefined>;
}

/** All that a daemon is given to do its work. */
export interface DaemonContext<
  S extends ArgumentSpecs = ArgumentSpecs,
  M extends MapSpecs = MapSpecs,
> {
  /** The name under which the daemon is registered. */
  readonly daemon: string;
  /** The thread's name. */
  readonly threadName: string;
  /** The home folder, absolute: relative paths of permissions begin there. */
  readonly home: string;
  /** Aborted when the daemon is to stop. */
  readonly signal: AbortSignal;
  /** The arguments, checked, with defaults filled in; durations in ms, sizes in bytes. */
  readonly arguments: ArgumentValues<S>;
  /** The agent's log, with the thread's name. */
  readonly log: DaemonLog;
  /** The public state. */
  readonly state: DaemonState<M>;
  /** Milliseconds on the monotonic clock. */
  now(): number;
  /**
   * Resolves after a time; rejects with the signal's reason when the daemon is to stop.
   *
   * @param span ms, or a duration such as `500ms`, `5s` or `2m`.
   * @throws {TypeError} when it is neither.
   */
  sleep(span: number | string): Promise<void>;
  /**
   * Runs `beat` at once and then every `interval` on the monotonic clock, one at a time, until the daemon is to
   * stop; then it resolves. A beat that takes longer than the interval leaves out the beats it overran; beats are
   * left out as well while the agent is paused.
   *
   * @param interval ms, or a duration such as `500ms`, `5s` or `2m`; more than 0.
   * @throws {TypeError} when it is neither.
   */
  every(interval: number | string, beat: () => void | Promise<void>): Promise<void>;
  /**
   * Says how what the daemon looks at is: `check`, `status`, the page and the metrics show it until the next call,
   * whichever thread of the daemon makes it.
   *
   * @param level `ok`, `warning`, `critical` or `unknown`; other than `ok` it is a problem of `check`.
   * @param text one line, such as `C: 3 GB free`.
   * @param numbers performance data by name: a number, or one with unit, thresholds and bounds.
   * @throws {TypeError} when one of them is something else.
   */
  report(
    level: VerdictLevel,
    text: string,
    numbers?: Readonly<Record<string, number | VerdictNumber>>,
    options?: ReportOptions,
  ): void;
  /**
   * A Windows service to manage.
   *
   * @throws {Error} when the daemon lacks the permission `services`.
   */
  service(name: string): Service;
  /**
   * Starts a task of the daemon in a child thread, named `<daemon>::<task>::<name>::<index>`, with the same
   * permissions. It is stopped with the thread that started it, and is not started again when it fails.
   *
   * @param task one of the `tasks` of the daemon's definition.
   * @throws {DataCloneError} when the arguments cannot be cloned.
   * @throws {TypeError} when they take more than 1 MB.
   */
  thread<R = unknown>(task: string, options?: ThreadOptions): ThreadHandle<R>;
}

/** How a child thread is to run. */
export interface ThreadOptions {
  /** Distinguishes threads of one task. Default: `Main`. */
  name?: string;
  /** The thread pool of the configuration that it runs in. Default: `MainPool`. */
  pool?: string;
  /** What the task is given: anything that can be cloned and takes at most 1 MB. */
  arguments?: unknown;
}

/** A child thread. */
export interface ThreadHandle<R = unknown> {
  /**
   * What the task returned, as a copy; at most 1 MB.
   *
   * @throws {Error} when the task threw, was stopped, or there is no such task or pool.
   */
  readonly result: Promise<R>;
  /** The thread's state; `waiting` until its pool has a free slot. */
  readonly status: ThreadState;
  /** Its name; undefined until the agent has given it one. */
  readonly thread: string | undefined;
  /** Stops it, or takes it off the pool's queue; its `result` then rejects. */
  stop(): void;
}

/** What a context is made of. */
export interface ContextParts<S extends ArgumentSpecs> {
  /** See {@linkcode DaemonContext}. */
  daemon: string;
  /** The thread's name. */
  thread: string;
  /** What the daemon's definition says of its maps. */
  maps?: MapSpecs | undefined;
  /** See {@linkcode DaemonContext}. Default: the current folder. */
  home?: string;
  /** See {@linkcode DaemonContext}. */
  signal: AbortSignal;
  /** See {@linkcode DaemonContext}. */
  arguments: ArgumentValues<S>;
  /** The thread's copy of the public state. */
  state: PublicState;
  /** See {@linkcode DaemonContext}. */
  log: DaemonLog;
  /** The service manager; undefined where the daemon's permissions do not include it. */
  services?: ServiceManager | undefined;
  /** How much is done about services. Default: `act`. */
  mode?: ServiceMode | undefined;
  /** Asks for the end of a stuck service's process. Default: nothing does. */
  endProcess?: ((service: string) => void) | undefined;
  /** What starts child threads; without it there are none. */
  startThread?: DaemonContext["thread"];
  /** Default: the system's clock. */
  clock?: Clock;
}

/** Puts a daemon's context together. */
export function createContext<S extends ArgumentSpecs>(parts: ContextParts<S>): DaemonContext<S> {
  const { daemon, signal, state, services, mode = "act", maps = {}, clock = systemClock } = parts;
  const declared = (name: string) => Object.hasOwn(maps, name) ? maps[name] : undefined;
  const maintenance = state.map(AGENT_MAPS.maintenance);
  const pauses = state.map<string>(AGENT_MAPS.servicePauses);
  return {
    daemon,
    threadName: parts.thread,
    home: parts.home ?? Deno.cwd(),
    signal,
    arguments: parts.arguments,
    log: parts.log,
    state: {
      map: <V>(name: string, options?: MapOptions<V>) => {
        if (name === VERDICT_MAP) {
          throw new TypeError(
            `Cannot open map '${name}': context.report writes it; choose another name`,
          );
        }
        return state.map<string, V>(
          mapPath(daemon, name),
          { ...declared(name), ...options } as MapOptions<V>,
        );
      },
      of: (other, name) => state.map(mapPath(other, name)),
      agent: (name) => state.map(`Agent.${name}`),
    },
    now: () => clock.now(),
    async sleep(span) {
      const ms = readSpan(span);
      if (ms === undefined) {
        throw new TypeError(`Cannot sleep(${show(span)}): expected ${EXPECTED_SPAN}`);
      }
      await clock.sleep(ms, signal);
    },
    async every(interval, beat) {
      const ms = readSpan(interval);
      if (!ms) {
        throw new TypeError(
          `Cannot beat every(${show(interval)}): expected more than 0, ${EXPECTED_SPAN}`,
        );
      }
      if (typeof beat !== "function") {
        throw new TypeError(
          `Cannot beat every(${show(interval)}, ${show(beat)}): expected a function`,
        );
      }
      await every(clock, ms, signal, () => maintenance.has("paused") ? undefined : beat());
    },
    report: (level, text, numbers = {}, options = {}) => {
      const verdict = makeVerdict(level, text, numbers, options, Date.now());
      state.map(mapPath(daemon, VERDICT_MAP)).set("now", verdict);
    },
    service: (name) => {
      if (!services) {
        throw new Error(
          `Cannot manage service '${name}': daemon '${daemon}' lacks the permission services; its module declares it, the configuration grants it`,
        );
      }
      const key = name.toLowerCase();
      return {
        ...bindService(services, name, signal, mode),
        endProcess: () => mode === "observe" ? undefined : parts.endProcess?.(name),
        isPaused: () => pauses.has(key),
      };
    },
    thread: parts.startThread ?? (() => {
      throw new Error("Cannot start a child thread: there is no agent to run it");
    }),
  };
}

const EXPECTED_SPAN = "ms or a duration such as 500ms, 5s or 2m";

/** A time in ms; undefined when the value is none: a daemon in JavaScript may hand over anything. */
function readSpan(value: unknown): number | undefined {
  if (typeof value === "string") return parseDuration(value);
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** A daemon's log that hands each record of at least `lowest` to `write`. */
export function createDaemonLog(
  lowest: LogLevel,
  write: (level: LogLevel, message: string) => void,
): DaemonLog {
  const at = (level: LogLevel) => (message: unknown, fields?: unknown) => {
    if (!isLogged(level, lowest)) return;
    const more = fields === undefined ? "" : ` ${toJson(fields)}`;
    write(level, explainRefusal(describeMessage(message) + more));
  };
  const warning = at("warning");
  return { debug: at("debug"), info: at("info"), warning, warn: warning, error: at("error") };
}

/** What is logged may throw when it is looked at. */
function describeMessage(message: unknown): string {
  try {
    if (typeof message === "string") return message;
    if (message instanceof Error) return String(message.stack ?? message);
    return typeof message === "object" && message !== null ? toJson(message) : String(message);
  } catch {
    return "something that cannot be shown";
  }
}

function bindService(
  manager: ServiceManager,
  name: string,
  signal: AbortSignal,
  mode: ServiceMode,
): Omit<Service, "isPaused" | "endProcess"> {
  const change = <T>(action: "start" | "stop" | "restart" | "enable", make: () => Promise<T>) => {
    if (mode !== "observe") return make();
    const why = "the agent only observes services (mode observe), and changes none";
    return Promise.reject(new ServiceError("failed", action, name, why));
  };
  return {
    name,
    mode,
    query: () => manager.query(name, signal),
    start: () => change("start", () => manager.start(name, signal)),
    stop: () => change("stop", () => manager.stop(name, signal)),
    restart: (seen) => change("restart", () => manager.restart(name, signal, seen)),
    progress: () => manager.progress(name),
    isDisabled: () => manager.isDisabled(name, signal),
    enable: () => change("enable", () => manager.enable(name, signal)),
    nameByDisplayName: () => manager.nameOf(name, signal),
  };
}

/**
 * Runs `beat` at once and then every `interval` ms of `clock`, one at a time, until `signal` is aborted;
 * then it resolves.
 *
 * @throws {unknown} what `beat` throws, unless the signal was aborted by then.
 */
export async function every(
  clock: Pick<Clock, "ticks">,
  interval: number,
  signal: AbortSignal,
  beat: () => void | Promise<void>,
): Promise<void> {
  const ticks = clock.ticks(interval, signal);
  try {
    while (!signal.aborted) {
      await beat();
      await ticks.next();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ticks.stop();
  }
}
