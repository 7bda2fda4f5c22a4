import { setImmediate } from "node:timers";
import { describeProblem, ManualClock, parseDuration, within } from "../base/mod.ts";
import {
  type ArgumentSpecs,
  createContext,
  createDaemonLog,
  type DaemonContext,
  type DaemonDefinition,
  type DaemonMap,
  declaredMetrics,
  type Disk,
  mapPath,
  type MapSpecs,
  mayWrite,
  type MetricSeries,
  programRunner,
  readArguments,
  readMetrics,
  type RunResult,
  type ThreadHandle,
  threadName,
  type ThreadOptions,
  type ThreadState,
} from "../daemon/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import { parseScenario, SimulatedServiceManager } from "../service/mod.ts";
import { MainState, type PublicState, type ReplicatedMap } from "../state/mod.ts";

/** How long to wait for a daemon that neither sleeps nor returns, real ms. */
const PATIENCE = 1_000;

/** How long to wait for a host or a program, real ms. */
const LONG_PATIENCE = 10_000;

const DISKS: readonly Disk[] = [{ name: "C:", free: 40e9, total: 100e9 }];

/** A log record of a simulated daemon. */
export interface LoggedRecord {
  /** Simulated ms since its start. */
  at: number;
  /** How severe it is. */
  level: LogLevel;
  /** Its text. */
  message: string;
}

/** How a daemon is simulated. */
export interface SimulationOptions {
  /** Its arguments, as the configuration writes them; defaults are filled in. */
  arguments?: Record<string, unknown>;
  /** The name under which it is registered. Default: its module's name. */
  name?: string;
  /** What its maps hold when it starts: each map's entries by its name. */
  maps?: Record<string, Record<string, unknown>>;
  /** What other maps hold when it starts, those of other daemons and of the agent: each map's entries by its path. */
  state?: Record<string, Record<string, unknown>>;
  /** The names of the thread pools. Default: there is each that it names. */
  pools?: readonly string[];
  /** The home folder. Default: the current folder. */
  home?: string;
  /** What its service does, such as `crash=4s,refuse=1`: see `run --scenario`. Default: it runs without a fault. */
  scenario?: string;
  /** The time of day at its start, ISO 8601; the time zone of `cron` is UTC. Default: `2026-01-01T00:00:00Z`, a Thursday. */
  start?: string;
  /** What `context.host.disks` tells. Default: `C:` with 100 GB, of which 40 GB are free. */
  disks?: readonly Disk[];
  /** Stands for a program that `context.run` runs; undefined: it takes too long. Default: the real one is run. */
  run?: (program: string, args: readonly string[]) => Partial<RunResult> | undefined;
  /** Answers what `context.fetch` asks. Default: the real host is asked. */
  fetch?: (request: Request) => Response | Promise<Response>;
  /** Called with each record when it is logged. */
  onLog?: (record: LoggedRecord) => void;
  /** Called with each change of its own maps; the value is undefined when the key was deleted. */
  onChange?: (map: string, key: string, value: unknown) => void;
}

/**
 * Runs a daemon on a simulated context: the test moves its clock, its state is its own, its services are simulated.
 * Files, hosts and programs are real.
 *
 * @throws {TypeError} when the arguments do not fit.
 */
export function simulate<S extends ArgumentSpecs, M extends MapSpecs>(
  daemon: DaemonDefinition<S, M>,
  options: SimulationOptions = {},
): Simulation {
  return new Simulation(daemon as unknown as DaemonDefinition, options);
}

/** A daemon that runs on a simulated context. */
export class Simulation {
  /** Its log records, in order. */
  readonly log: LoggedRecord[] = [];
  /** Its service manager; `calls` lists what the daemon asked of it. */
  readonly services: SimulatedServiceManager;
  /** Its copy of the public state. */
  readonly state: PublicState;
  readonly #name: string;
  readonly #daemon: DaemonDefinition;
  readonly #clock = new ManualClock(quickTurn);
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly #createContext: (thread: string, signal: AbortSignal) => DaemonContext;
  readonly #threads: string[] = [];
  readonly #pools: readonly string[] | undefined;
  /** Paths of other daemons' maps that it may write. */
  readonly #open = new Set<string>();
  /** The time of day at its start, and how long the host has slept since; ms. */
  readonly #start: number;
  #slept = 0;
  /** Hosts and programs that are waited for. */
  #pending = 0;
  /** When it returned or threw, simulated ms, and what it threw. */
  #end: { at: number; error?: unknown } | undefined;

  /** Starts the daemon; see {@linkcode simulate}. */
  constructor(daemon: DaemonDefinition, options: SimulationOptions) {
    const { values, problems } = readArguments(daemon.arguments ?? {}, options.arguments);
    if (problems.length > 0) throw new TypeError(problems.map(describeProblem).join(", and "));
    this.#name = options.name ?? daemon.name;
    this.#daemon = daemon;
    this.#start = Date.parse(options.start ?? "2026-01-01T00:00:00Z");
    this.services = new SimulatedServiceManager(this.#clock, parseScenario(options.scenario ?? ""));
    const thread = threadName(this.#name, "run", "Main", 0);
    this.state = new MainState({ thread });
    const own = mapPath(this.#name, "");
    this.state.onChange(({ path, key, value }) => {
      if (path.startsWith(own)) options.onChange?.(path.slice(own.length), key, value);
    });
    for (const [map, entries] of Object.entries(options.maps ?? {})) {
      for (const [key, value] of Object.entries(entries)) this.map(map).set(key, value);
    }
    for (const [path, entries] of Object.entries(options.state ?? {})) {
      for (const [key, value] of Object.entries(entries)) this.state.map(path).set(key, value);
    }
    this.#pools = options.pools;
    const { fetch: answer } = options;
    const ask = answer
      ? async (...given: ConstructorParameters<typeof Request>) => {
        const request = new Request(...given);
        return (await within(Promise.resolve(answer(request)), { signal: request.signal }))!;
      }
      : globalThis.fetch;
    const { run } = options;
    const runProgram: ReturnType<typeof programRunner> = run
      ? (program, args) => {
        const result = run(program, args);
        return Promise.resolve(result && { code: 0, stdout: "", stderr: "", ...result });
      }
      : programRunner();
    this.#createContext = (thread, signal) =>
      createContext({
        daemon: this.#name,
        thread,
        signal,
        arguments: values,
        maps: daemon.maps,
        ...(options.home !== undefined && { home: options.home }),
        state: {
          map: (path, options) => {
            const map = this.state.map(path, options);
            return mayWrite(thread, path) || this.#open.has(path) ? map : readOnly(map, thread);
          },
        } as PublicState,
        log: createDaemonLog("debug", (level, message) => {
          const record = { at: this.now, level, message };
          this.log.push(record);
          options.onLog?.(record);
        }),
        services: daemon.permissions?.services ? this.services : undefined,
        clock: this.#clock,
        random: () => 0.5,
        runProgram: (program, args, given) => this.#real(() => runProgram(program, args, given)),
        disks: () => Promise.resolve([...options.disks ?? DISKS]),
        fetch: (input, init) => this.#real(() => ask(input, init)),
        wall: () => this.#start + this.now + this.#slept,
        timeZone: "UTC",
        startThread: (task, options) => this.#startThread(daemon, task, options),
      });
    this.#done = this.#run(daemon, this.#createContext(thread, this.#stop.signal));
  }

  /** Simulated ms since the start. */
  get now(): number {
    return this.#clock.now();
  }

  /** Whether it has returned or thrown. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** When it returned or threw, simulated ms since its start; undefined before. */
  get endedAt(): number | undefined {
    return this.#end?.at;
  }

  /** A map of its own. */
  map<V = unknown>(name: string): DaemonMap<V> {
    return this.state.map(mapPath(this.#name, name));
  }

  /**
   * Another daemon's map, for the test to fill.
   *
   * @param options `open`: the other daemon lets every daemon write it. Default: false.
   */
  mapOf<V = unknown>(
    daemon: string,
    name: string,
    { open = false }: { open?: boolean } = {},
  ): DaemonMap<V> {
    const path = mapPath(daemon, name);
    if (open) this.#open.add(path);
    return this.state.map(path);
  }

  /** What its own maps hold: each map's entries by its name. */
  ownMaps(): Record<string, Record<string, unknown>> {
    const own = mapPath(this.#name, "");
    const paths = this.state.paths().filter((path) => path.startsWith(own));
    return Object.fromEntries(
      paths.map((path) => [path.slice(own.length), Object.fromEntries(this.state.map(path))]),
    );
  }

  /** The metrics that its maps declare, as a scrape would show them. */
  metrics(): MetricSeries[] {
    const { module, maps } = declaredMetrics(this.#daemon) ?? { module: "", maps: {} };
    return readMetrics(module, this.#name, maps, (name) => this.map(name));
  }

  /**
   * Moves its clock forward from the end of one sleep to the end of the next, and lets it work in between. While it
   * waits for something real, such as a file, the clock stands: for at most a second, and for `context.fetch` and
   * `context.run` at most 10 s.
   *
   * @param span ms, or a duration such as `5m`.
   * @throws {unknown} what the daemon has thrown.
   * @throws {TypeError} when the span is neither.
   */
  async advance(span: number | string): Promise<void> {
    const end = this.now + readSpan(span);
    for (;;) {
      await this.#untilIdle();
      const next = this.#clock.nextWake;
      if (this.ended || next === undefined || next > end) break;
      await this.#clock.advance(next - this.now);
    }
    await this.#clock.advance(end - this.now);
    this.#throwError();
  }

  /**
   * The host sleeps: the time of day goes on, the monotonic clock stands.
   *
   * @param span ms, or a duration such as `8h`.
   * @throws {TypeError} when it is neither.
   */
  sleepHost(span: number | string): void {
    this.#slept += readSpan(span);
  }

  /**
   * Tells it to stop, waits until it has returned, and closes its state.
   *
   * @throws {unknown} what the daemon had thrown before.
   */
  async stop(): Promise<void> {
    this.#stop.abort(new DOMException("The daemon is to stop", "AbortError"));
    await this.#done;
    this.state.close();
    this.#throwError();
  }

  #throwError(): void {
    if (this.#end && "error" in this.#end) throw this.#end.error;
  }

  async #run(daemon: DaemonDefinition, context: DaemonContext): Promise<void> {
    try {
      await daemon.run(context);
      this.#end = { at: this.now };
    } catch (error) {
      const at = this.now;
      this.#end = this.#stop.signal.aborted ? { at } : { at, error };
    }
  }

  /** A task runs beside the daemon, in the same simulated time, with a context of its own. */
  #startThread<R>(
    daemon: DaemonDefinition,
    task: string,
    { name = "Main", pool = "MainPool", arguments: given }: ThreadOptions = {},
  ): ThreadHandle<R> {
    const index = this.#threads.filter((other) => other === `${task} ${name}`).length;
    this.#threads.push(`${task} ${name}`);
    const thread = threadName(this.#name, task, name, index);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
    const copy = structuredClone(given);
    const work = async () => {
      if (this.#pools?.includes(pool) === false) throw new Error(noPool(pool, this.#pools));
      if (!Object.hasOwn(daemon.tasks ?? {}, task)) throw new Error(`there is no task '${task}'`);
      const result = await daemon.tasks![task]!(this.#createContext(thread, signal), copy);
      signal.throwIfAborted();
      return structuredClone(result) as R;
    };
    const handle = {
      thread,
      status: "running" as ThreadState,
      result: work(),
      stop: () => stop.abort(),
    };
    handle.result.then(
      () => handle.status = "finished",
      () => handle.status = signal.aborted ? "stopped" : "failed",
    );
    return handle;
  }

  /** Waits until it sleeps or has ended. */
  async #untilIdle(): Promise<void> {
    const began = performance.now();
    const isIdle = () => this.ended || this.#clock.nextWake !== undefined;
    const isLate = () => performance.now() - began > (this.#pending > 0 ? LONG_PATIENCE : PATIENCE);
    while ((this.#pending > 0 || !isIdle()) && !isLate()) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** While something real is under way the clock stands. */
  async #real<T>(work: () => Promise<T>): Promise<T> {
    this.#pending++;
    try {
      return await work();
    } finally {
      this.#pending--;
    }
  }
}

function readSpan(span: number | string): number {
  const ms = typeof span === "number" ? span : parseDuration(span);
  if (ms === undefined) throw new TypeError(`'${span}' is no duration; expected one such as 5m`);
  return ms;
}

function noPool(pool: string, pools: readonly string[]): string {
  const known = pools.join(", ");
  return `There is no thread pool '${pool}'; threadPools in the configuration has ${known}`;
}

/** A map that refuses writes, as another daemon's does. */
function readOnly<V>(map: ReplicatedMap<string, V>, thread: string): ReplicatedMap<string, V> {
  const refuse = () => {
    throw new Error(
      `Cannot write ${map.path}: it is not for thread '${thread}' to write, and its owner has not opened it`,
    );
  };
  return new Proxy(map, {
    get(target, key) {
      if (WRITES.has(key)) return refuse;
      const member = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const WRITES = new Set<string | symbol>(["set", "delete", "clear", "increment", "update"]);

/** A turn of the event loop without a timer's millisecond. */
function quickTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
