import type { Progress, ServiceMode, ServiceState } from "../service/mod.ts";
import type { MapOptions, ReplicatedMap, ValueCheck } from "../state/mod.ts";
import type { ThreadState } from "./agent_state.ts";
import type { ArgumentSpecs, ArgumentValues } from "./arguments.ts";
import type { MapSpec, MapSpecs } from "./define.ts";
import type { FetchOptions } from "./fetching.ts";
import type { RunOptions, RunResult } from "./running.ts";
import type { CronOptions, CronTask, EveryOptions, RetryOptions, Span } from "./timing.ts";
import type { ReportOptions, VerdictLevel, VerdictNumber } from "./verdict.ts";

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
type MapValue<Spec extends MapSpec> = Spec extends { check: ValueCheck<infer V> } ? V
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
 * A Windows service. A call that fails throws an error that says what happened and what to do. Each call ends within the
 * time limits of the configuration (`serviceManager`).
 */
export interface Service {
  /** The name of the service. */
  readonly name: string;
  /** What the agent may do to services: in `observe` each change is refused. */
  readonly mode: ServiceMode;
  /** Its state, such as `RUNNING`; undefined when the service is not installed. */
  query(): Promise<ServiceState | undefined>;
  /** Starts it; succeeds when it runs already. It may still be `START_PENDING` afterwards. */
  start(): Promise<void>;
  /** Stops it; succeeds when it is stopped already. It may still be `STOP_PENDING` afterwards. */
  stop(): Promise<void>;
  /**
   * Brings it to `RUNNING` from any state; resolves when a query has confirmed that.
   *
   * @param seen the state that was the reason. Unless it is `RUNNING`, a service that runs meanwhile is not stopped.
   * Default: `RUNNING`.
   * @returns false when it was, or became, `RUNNING` without a command.
   */
  restart(seen?: ServiceState): Promise<boolean>;
  /** The progress that it reported in a pending state, by the last query. */
  progress(): Progress;
  /** Whether its start type is disabled; undefined where that cannot be read. */
  isDisabled(): Promise<boolean | undefined>;
  /** Sets its start type to automatic. */
  enable(): Promise<void>;
  /** Asks the agent to end its process and all child processes, if it is still in a pending state. */
  endProcess(): void;
  /** Whether it, or the whole agent, is paused by a command; then do not change it. */
  isPaused(): boolean;
  /** The name of the service whose display name is this one's name; undefined where there is none. */
  nameByDisplayName(): Promise<string | undefined>;
}

/** What a daemon can read about its host. */
export interface DaemonHost {
  /**
   * The fixed disks, as far as the agent's account may use them. It needs the permission `sys: ["disks"]`.
   *
   * @throws {Error} when the daemon lacks the permission, or the disks cannot be read.
   */
  disks(): Promise<Disk[]>;
}

/** A disk that is in use. */
export interface Disk {
  /** `C:`, or where it is mounted. */
  name: string;
  /** Bytes that are free for the agent's account. */
  free: number;
  /** Bytes in all. */
  total: number;
}

/** What a daemon gets to do its work. */
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
  /**
   * Calls `take` with the arguments when the configuration has changed them; the daemon is then not restarted, unless
   * its permissions have changed as well. For the daemon's own thread; its child threads go on with theirs. What `take`
   * throws is a failure of the daemon.
   */
  onArguments(take: (values: ArgumentValues<S>) => void | Promise<void>): void;
  /** The agent's log, with the thread's name. */
  readonly log: DaemonLog;
  /** The public state. */
  readonly state: DaemonState<M>;
  /** What it can read about its host. */
  readonly host: DaemonHost;
  /** Milliseconds on the monotonic clock. */
  now(): number;
  /**
   * Resolves after a time; rejects with the signal's reason when the daemon is to stop.
   *
   * @param span ms, or a duration such as `500ms`, `5s` or `2m`.
   * @throws {TypeError} when it is neither.
   */
  sleep(span: Span): Promise<void>;
  /**
   * Runs `beat` immediately and then every `interval` on the monotonic clock, one at a time. Resolves when the daemon is
   * to stop. Beats that are due during a longer beat, or while the agent is paused, are skipped.
   *
   * @param interval ms, or a duration such as `500ms`, `5s` or `2m`; more than 0.
   * @param options `jitter`: the largest random delay of each beat; `immediate`: false skips the first, immediate beat.
   * @throws {TypeError} when one of them is something else.
   */
  every(
    interval: Span,
    beat: () => void | Promise<void>,
    options?: EveryOptions,
  ): Promise<void>;
  /**
   * Runs `task` at times of day, one at a time. Resolves when the daemon is to stop. If runs were due while the host
   * slept, one run follows immediately, with the number of the others. After the host's clock was set back, runs follow
   * the new time. Runs that are due during a longer run, or while the agent is paused, are skipped.
   *
   * @param pattern cron's five fields, such as `0 3 * * 1-5`: minute, hour, day, month, day of the week.
   * @throws {TypeError} when the pattern or the time zone is wrong.
   */
  cron(pattern: string, options: CronOptions, task: CronTask): Promise<void>;
  /** The same in the host's time zone. */
  cron(pattern: string, task: CronTask): Promise<void>;
  /**
   * Runs `task` for a time at most. Its signal is aborted when the time is up or the daemon is to stop.
   *
   * @param span ms, or a duration such as `5s`.
   * @throws {DOMException} named `TimeoutError`, when the time is up; else what the task throws.
   */
  timeout<T>(span: Span, task: (signal: AbortSignal) => T | Promise<T>): Promise<T>;
  /**
   * Runs `task` until it succeeds, with growing waits in between.
   *
   * @throws {unknown} what its last attempt has thrown; the signal's reason when the daemon is to stop.
   */
  retry<T>(task: () => T | Promise<T>, options?: RetryOptions): Promise<T>;
  /**
   * The same as `fetch`, with a timeout and, if wanted, retries. It needs the permission `net`: `net: ["{url}"]` is the
   * host and port of the argument `url`.
   *
   * @throws {DOMException} named `TimeoutError`, when no answer comes in time.
   * @throws {TypeError} when the host cannot be reached.
   */
  fetch(url: string | URL, options?: FetchOptions): Promise<Response>;
  /**
   * Runs a program to its end, without a shell and without input. When it takes too long, or the daemon is to stop, it is
   * killed with all its child processes. It needs the permission `run`.
   *
   * @throws {DOMException} named `TimeoutError`, when it took too long.
   * @throws {Error} when it cannot be started.
   */
  run(program: string, args?: readonly string[], options?: RunOptions): Promise<RunResult>;
  /**
   * Reports the daemon's verdict on what it watches. `check`, `status`, the page and the metrics show it until the next
   * call, from any thread of the daemon.
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
   * A secret, such as a password: what `icinga-warden secret set NAME` has stored. It needs the permission
   * `secrets: ["NAME"]`. In what the daemon logs, and in its failures, it is replaced by `***`.
   *
   * @throws {Error} when the daemon lacks the permission, or there is no such secret.
   */
  secret(name: string): Promise<string>;
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
  /** The argument of the task: any value that can be cloned, 1 MB at most. */
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
