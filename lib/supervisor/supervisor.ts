import type { Clock } from "../base/mod.ts";
import type { ThreadStanding } from "../daemon/agent_state.ts";
import type { Beat } from "../daemon/pulse.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import { openChildren, type SuperviseChild } from "./children.ts";
import { Gate } from "./gate.ts";
import { GivenUp } from "./given_up.ts";
import { ThreadNames } from "./names.ts";
import type { ThreadPlan } from "./plan.ts";
import { ThreadPool } from "./pool.ts";
import { ThreadPools } from "./pools.ts";
import { type Processor, watchProcessor } from "./processor.ts";
import { changeStanding, isNews, roundOfNews, type ThreadIdentity } from "./standing.ts";
import { type SharedParts, supervise, type ThreadChange, type ThreadEnd } from "./supervise.ts";
import { runThread } from "./thread.ts";
import { Watch } from "./watch.ts";

/** What a supervisor is made of. */
export interface SupervisorParts {
  /** Where it takes its time from. */
  clock: Clock;
  /** Where records go. */
  log: WriteLog;
  /** Told where a thread stands, at each change; undefined: the thread is gone. */
  onStanding: (thread: string, standing: ThreadStanding | undefined) => void;
  /** Takes the agent's end of a thread's line to the public state; the answer cuts it. */
  connect: (line: MessagePort) => () => void;
  /** Gives a number from 0 to 1, for the backoff; `Math.random` unless told. */
  random?: () => number;
  /** Runs a thread once; {@linkcode runThread} unless a test puts another in its place. */
  run?: typeof runThread;
  /** What the process has and takes of the processor; looked up unless told. */
  processor?: Processor;
}

/** A daemon whose thread is supervised. */
interface Supervised {
  plan: ThreadPlan;
  thread: string;
  stop: AbortController;
  done: Promise<ThreadEnd>;
}

/** A thread with the name that it was given. */
interface NamedThread {
  plan: ThreadPlan;
  task: string;
  thread: string;
  /** The threads of its daemon that were given up. */
  givenUp: GivenUp;
}

/** Keeps the threads of daemons running. */
export class Supervisor {
  /** The thread pools. */
  readonly pools = new ThreadPools();
  /** Closed while nothing is to be started again. */
  readonly gate = new Gate();
  readonly #parts: SupervisorParts;
  readonly #shared: SharedParts;
  readonly #processor: Processor;
  readonly #names = new ThreadNames();
  readonly #daemons = new Map<string, Supervised>();
  /** By daemon; a daemon that is changed or started again keeps its threads that cannot be ended. */
  readonly #givenUp = new Map<string, GivenUp>();
  #ended = false;

  /** It has nothing to do until a daemon is started. */
  constructor(parts: SupervisorParts) {
    const { clock, log, connect, random = Math.random, run = runThread } = parts;
    this.#parts = parts;
    this.#processor = parts.processor ?? watchProcessor(clock);
    this.#shared = {
      ...{ clock, log, connect, random, run, gate: this.gate, pools: this.pools },
      watch: new Watch(clock),
      // Half of a start is waiting for answers of the main thread.
      starts: new ThreadPool(2 + navigator.hardwareConcurrency),
    };
  }

  /** The plans in force, by daemon. */
  plans(): Map<string, ThreadPlan> {
    return new Map([...this.#daemons].map(([name, { plan }]) => [name, plan]));
  }

  /**
   * Starts a daemon's thread and keeps it running; a daemon is started once until it is stopped. What its threads that
   * were given up before take of the processor does not count. After {@linkcode stopAll} nothing is started any more.
   */
  start(plan: ThreadPlan): void {
    if (this.#ended) return;
    const { daemon } = plan.assignment;
    const thread = this.#names.take(daemon, "run", "Main");
    const stop = new AbortController();
    const givenUp = this.#givenUpOf(daemon);
    givenUp.startAfresh();
    const done = this.#supervise({ plan, task: "run", thread, givenUp }, stop.signal);
    this.#daemons.set(daemon, { plan, thread, stop, done });
  }

  /** Stops a daemon; resolves when its threads are gone. */
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
   * Stops a daemon and starts it anew; resolves when its old threads are gone.
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
    await this.stop(daemon);
    if (!this.#daemons.has(daemon)) this.start(plan);
  }

  /** Stops all daemons for good; resolves when every thread is gone. */
  async stopAll(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#daemons.keys()].map((name) => this.stop(name)));
  }

  #givenUpOf(daemon: string): GivenUp {
    let givenUp = this.#givenUp.get(daemon);
    if (!givenUp) {
      givenUp = new GivenUp({ ...this.#shared, processor: this.#processor });
      this.#givenUp.set(daemon, givenUp);
    }
    return givenUp;
  }

  /** Supervises one thread, a daemon's own or a child. */
  #supervise(
    { plan: { assignment, ...plan }, task, thread, givenUp }: NamedThread,
    signal: AbortSignal,
    onChange: (change: ThreadChange) => void = () => {},
  ): Promise<ThreadEnd> {
    const named = { ...plan, assignment: { ...assignment, thread } };
    const { daemon } = assignment;
    const standing = this.#keepStanding(thread, { daemon, task, pool: plan.pool });
    return supervise(named, {
      ...this.#shared,
      signal,
      givenUp,
      onChange: (change) => {
        standing.change(change);
        onChange(change);
      },
      onBeat: standing.beat,
      openChildren: () => openChildren(named, this.#superviseChildren(givenUp)),
    });
  }

  #superviseChildren(givenUp: GivenUp): SuperviseChild {
    return async ({ plan, task, name }, signal, onChange) => {
      this.pools.get(plan.pool);
      const thread = this.#names.take(plan.assignment.daemon, task, name);
      try {
        return await this.#supervise(
          { plan, task, thread, givenUp },
          signal,
          (change) => onChange(change, thread),
        );
      } finally {
        this.#forget(thread);
      }
    };
  }

  #forget(thread: string): void {
    this.#names.free(thread);
    this.#parts.onStanding(thread, undefined);
  }

  /** Tells where a thread stands: at each change of its state, and now and then its memory and lag. */
  #keepStanding(thread: string, identity: ThreadIdentity) {
    const { clock, onStanding } = this.#parts;
    let standing: ThreadStanding | ThreadIdentity = identity;
    let told = -Infinity;
    return {
      change: (change: ThreadChange) => {
        standing = changeStanding(standing, change, new Date());
        onStanding(thread, standing as ThreadStanding);
      },
      beat: (beat: Beat) => {
        const round = roundOfNews(clock.now());
        if (!("state" in standing) || round === told || !isNews(standing, beat)) return;
        told = round;
        standing = { ...standing, heap: beat.heap, lag: Math.round(beat.lag) };
        onStanding(thread, standing);
      },
    };
  }
}
