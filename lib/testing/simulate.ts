import { setImmediate } from "node:timers";
import { describeProblem, ManualClock } from "../base/mod.ts";
import {
  type ArgumentSpecs,
  createContext,
  createDaemonLog,
  type DaemonContext,
  type DaemonDefinition,
  type DaemonMap,
  declaredMetrics,
  mapPath,
  type MapSpecs,
  mayWrite,
  type MetricSeries,
  readArguments,
  readMetrics,
  requireSpan,
  type ThreadHandle,
  threadName,
  type ThreadOptions,
  type ThreadState,
} from "../daemon/mod.ts";
import { parseScenario, SimulatedServiceManager } from "../service/mod.ts";
import type { LoggedRecord, SimulationOptions } from "./options.ts";
import { readOnly, standIns } from "./stand_ins.ts";
import { MainState, type PublicState } from "../state/mod.ts";

/** How long to wait for a daemon that neither sleeps nor returns, real ms. */
const PATIENCE = 1_000;

/** How long to wait for a host or a program, real ms. */
const LONG_PATIENCE = 10_000;

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
  readonly #createContext: (
    thread: string,
    signal: AbortSignal,
  ) => ReturnType<typeof createContext>;
  readonly #context: ReturnType<typeof createContext>;
  readonly #threads: string[] = [];
  readonly #pools: readonly string[] | undefined;
  /** Paths of other daemons' maps that it may write. */
  readonly #open = new Set<string>();
  /** The time of day at its start, and how long the host has slept since; ms. */
  readonly #start: number;
  #slept = 0;
  /** Time limits that are not over. */
  readonly #limits = new Set<object>();
  /** Hosts and programs that are waited for. */
  #pending = 0;
  /** When it returned or threw, simulated ms, and what it threw. */
  #end: { at: number; error?: unknown } | undefined;

  /** Starts the daemon; see {@linkcode simulate}. */
  constructor(daemon: DaemonDefinition, options: SimulationOptions) {
    const values = readValues(daemon, options.arguments);
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
    const outside = standIns(options, daemon, (work) => this.#real(work));
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
        ...outside,
        wall: () => this.#start + this.now + this.#slept,
        timeZone: "UTC",
        limit: (ms, run) => this.#limit(ms, run),
        startThread: (task, options) => this.#startThread(daemon, task, options),
      });
    this.#context = this.#createContext(thread, this.#stop.signal);
    this.#done = this.#run(daemon, this.#context);
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

  /**
   * Gives it other arguments, as a change of the configuration does where it has called `context.onArguments`.
   *
   * @param given as the configuration writes them; defaults are filled in.
   * @throws {TypeError} when they do not fit.
   */
  async change(given: Record<string, unknown>): Promise<void> {
    this.#context.change(readValues(this.#daemon, given));
    await this.advance(0);
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
    const end = this.now + requireSpan("advance", span);
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
    this.#slept += requireSpan("sleepHost", span);
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
    const isIdle = () => this.ended || this.#clock.sleeping > this.#limits.size;
    const isLate = () => performance.now() - began > (this.#pending > 0 ? LONG_PATIENCE : PATIENCE);
    while ((this.#pending > 0 || !isIdle()) && !isLate()) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** What has a time limit may wait for something real: the limit alone is no sleep. */
  #limit(ms: number, run: () => void): () => void {
    const limit = {};
    this.#limits.add(limit);
    const cancel = this.#clock.after(ms, () => {
      this.#limits.delete(limit);
      run();
    });
    return () => {
      this.#limits.delete(limit);
      cancel();
    };
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

/** @throws {TypeError} when they do not fit. */
function readValues(daemon: DaemonDefinition, given: Record<string, unknown> = {}) {
  const { values, problems } = readArguments(daemon.arguments ?? {}, given);
  if (problems.length > 0) throw new TypeError(problems.map(describeProblem).join(", and "));
  return values;
}

function noPool(pool: string, pools: readonly string[]): string {
  const known = pools.join(", ");
  return `There is no thread pool '${pool}'; threadPools in the configuration has ${known}`;
}

/** A turn of the event loop without a timer's millisecond. */
function quickTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
