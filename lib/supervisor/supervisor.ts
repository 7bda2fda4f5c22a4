import { within } from "../base/mod.ts";
import { type ThreadInfo, threadName } from "../daemon/mod.ts";
import type { ThreadEnd } from "../thread/mod.ts";
import { agentLog } from "../log/mod.ts";
import { openChildren, type SuperviseChild } from "./child_threads.ts";
import { HealthMonitor } from "./health.ts";
import { keepRunning, type SharedParts, type ThreadChange } from "./keep_running.ts";
import { DaemonLimits } from "./limits.ts";
import { samePlan, type ThreadPlan } from "./plan.ts";
import { ThreadPool, ThreadPools } from "./pool.ts";
import { Gate } from "./restart.ts";
import { keepInfo } from "./thread_info.ts";
import { ArgumentsFeed, runThread } from "./thread.ts";

/** How long all threads together may take to stop, with what follows their end, ms. */
export const STOP_LIMIT = 11_000;

/** What a supervisor is made of. By default nothing answers threads or ends processes, and the rest is real. */
export interface SupervisorParts
  extends
    Pick<SharedParts, "clock" | "log" | "connect" | "endProcess" | "answer">,
    Partial<Pick<SharedParts, "random" | "wall" | "run">> {
  /** Called with a thread's state at each change; undefined: the thread has ended. */
  onInfo: (thread: string, info: ThreadInfo | undefined) => void;
}

/** A daemon whose thread is supervised. */
interface Supervised {
  plan: ThreadPlan;
  thread: string;
  feed: ArgumentsFeed;
  stop: AbortController;
  done: Promise<ThreadEnd>;
}

/** A thread with the name that it was given. */
interface NamedThread {
  plan: ThreadPlan;
  task: string;
  thread: string;
  limits: DaemonLimits;
  /** Of a daemon's own thread. */
  feed?: ArgumentsFeed;
}

/** Keeps the threads of daemons running. */
export class Supervisor {
  /** The thread pools. */
  readonly pools = new ThreadPools();
  /** Closed while nothing is to be started again. */
  readonly gate = new Gate();
  readonly #parts: SupervisorParts;
  readonly #shared: SharedParts;
  /** Names in use. */
  readonly #names = new Set<string>();
  readonly #daemons = new Map<string, Supervised>();
  /** By daemon; they stay when a daemon is changed or started again. */
  readonly #limits = new Map<string, DaemonLimits>();
  #ended = false;

  /** It has nothing to do until a daemon is started. */
  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#shared = {
      random: Math.random,
      wall: Date.now,
      run: runThread,
      ...parts,
      gate: this.gate,
      pools: this.pools,
      health: new HealthMonitor(parts.clock),
      // Half of a start is waiting for answers of the main thread.
      starts: new ThreadPool(2 + navigator.hardwareConcurrency),
    };
  }

  /** The plans in force, by daemon. */
  plans(): Map<string, ThreadPlan> {
    return new Map([...this.#daemons].map(([name, { plan }]) => [name, plan]));
  }

  /**
   * Starts a daemon's thread and keeps it running; a daemon is started once until it is stopped. Threads of it that were
   * given up before count less. After {@linkcode stopAll} nothing is started any more.
   */
  start(plan: ThreadPlan): void {
    if (this.#ended) return;
    const { daemon } = plan.assignment;
    const thread = this.#takeName(daemon, "run", "Main");
    const stop = new AbortController();
    const limits = this.#limitsOf(daemon);
    limits.startAfresh();
    const release = this.pools.get(plan.pool).reserve();
    const feed = new ArgumentsFeed();
    // Its arguments may change while it is kept running.
    const own = { ...plan, assignment: { ...plan.assignment } };
    const done = this.#supervise({ plan: own, task: "run", thread, limits, feed }, stop.signal);
    void done.then(release);
    this.#daemons.set(daemon, { plan: own, thread, feed, stop, done });
  }

  /**
   * Tells a daemon its changed arguments, where they alone have changed and its thread takes them.
   *
   * @returns whether that was so; otherwise the daemon is to be restarted.
   */
  changeArguments(plan: ThreadPlan): boolean {
    const { daemon, arguments: given } = plan.assignment;
    const supervised = this.#daemons.get(daemon);
    if (!supervised) return false;
    const { assignment, ...rest } = supervised.plan;
    const isSame = samePlan({ ...rest, assignment: { ...assignment, arguments: given } }, plan);
    if (!isSame || !supervised.feed.pass(given)) return false;
    assignment.arguments = given;
    agentLog(this.#parts.log).info(`Told daemon '${daemon}' its changed arguments`);
    return true;
  }

  /** Stops a daemon; resolves when its threads have ended. */
  async stop(daemon: string): Promise<void> {
    const supervised = this.#daemons.get(daemon);
    if (!supervised) return;
    supervised.stop.abort();
    await supervised.done;
    if (this.#daemons.get(daemon) !== supervised) return;
    this.#daemons.delete(daemon);
    this.#forget(supervised.thread);
  }

  /**
   * Stops a daemon and starts it again; resolves when its old threads have ended.
   *
   * @param reason why, in one clause, for the log.
   * @param plan another plan than that in force.
   * @throws {Error} when no such daemon is supervised.
   */
  async restart(
    daemon: string,
    reason: string,
    plan = this.#daemons.get(daemon)?.plan,
  ): Promise<void> {
    if (!plan) throw new Error(`Cannot restart daemon '${daemon}': no daemon of this name runs`);
    agentLog(this.#parts.log).info(`Restarting daemon '${daemon}': ${reason}`);
    const release = this.pools.get(plan.pool).reserve();
    try {
      await this.stop(daemon);
      if (!this.#daemons.has(daemon)) this.start(plan);
    } finally {
      release();
    }
  }

  /**
   * Stops all daemons: all threads are asked together. Resolves when all have ended, after {@linkcode STOP_LIMIT}
   * at the latest, with the names of those that are left.
   */
  async stopAll(): Promise<string[]> {
    this.#ended = true;
    const stopped = Promise.all([...this.#daemons.keys()].map((name) => this.stop(name)));
    await within(stopped, { ms: STOP_LIMIT, clock: this.#parts.clock });
    return [...this.#names];
  }

  #limitsOf(daemon: string): DaemonLimits {
    const limits = this.#limits.get(daemon) ?? new DaemonLimits(this.#shared);
    this.#limits.set(daemon, limits);
    return limits;
  }

  /** Supervises one thread, a daemon's own or a child. */
  #supervise(
    { plan: { assignment, ...plan }, task, thread, limits, feed }: NamedThread,
    signal: AbortSignal,
    onChange: (change: ThreadChange) => void = () => {},
  ): Promise<ThreadEnd> {
    assignment.thread = thread;
    const named = { ...plan, assignment };
    const { daemon } = assignment;
    const identity = { daemon, task, pool: plan.pool };
    const { clock, onInfo } = this.#parts;
    const info = keepInfo(identity, clock, (info) => onInfo(thread, info));
    return keepRunning(named, {
      ...this.#shared,
      // What is logged of many children is limited like what they log themselves.
      log: task === "run" ? this.#shared.log : limits.log.write,
      signal,
      limits,
      feed,
      onChange: (change) => {
        info.change(change);
        onChange(change);
      },
      onBeat: info.beat,
      openChildren: () => openChildren(named, limits, signal, this.#superviseChildren(limits)),
    });
  }

  #superviseChildren(limits: DaemonLimits): SuperviseChild {
    return async ({ plan, task, name }, signal, onChange) => {
      const { daemon } = plan.assignment;
      this.pools.get(plan.pool);
      await limits.startTurn(daemon, signal);
      const thread = this.#takeName(daemon, task, name);
      try {
        return await this.#supervise(
          { plan, task, thread, limits },
          signal,
          (change) => onChange(change, thread),
        );
      } finally {
        this.#forget(thread);
      }
    };
  }

  /** Takes the name of a thread, with the first index that is free. */
  #takeName(daemon: string, task: string, name: string): string {
    for (let index = 0;; index++) {
      const thread = threadName(daemon, task, name, index);
      if (this.#names.has(thread)) continue;
      this.#names.add(thread);
      return thread;
    }
  }

  #forget(thread: string): void {
    this.#names.delete(thread);
    this.#parts.onInfo(thread, undefined);
  }
}
