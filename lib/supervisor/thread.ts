import { type Clock, errorMessage, within } from "../base/mod.ts";
import {
  type Beat,
  type ChildRequest,
  cutText,
  ExitDetector,
  type FromThread,
  Heartbeat,
  type Question,
  ranOutOfHeap,
  readFromThread,
  startWorker,
  type ToThread,
} from "../thread/mod.ts";
import {
  describeVerdict,
  type HealthMonitor,
  type HealthVerdict,
  type MonitoredThread,
} from "./health.ts";
import { type DaemonLimits, MESSAGE_RATE } from "./limits.ts";
import type { ThreadPlan } from "./plan.ts";

/**
 * How a thread's run ended: its daemon returned; it failed; or it was asked to stop and did not in time. Of a
 * thread that the agent had to end, `hasHook` says whether its daemon has an `onTerminate`. One that could not be
 * ended is given up: `gone` resolves when it is gone after all.
 */
export type RunOutcome =
  & (
    | { type: "finished"; result?: Uint8Array | undefined }
    | { type: "failed"; error: string; ended: boolean; hasHook: boolean }
    | { type: "overdue"; hasHook: boolean }
  )
  & { gone?: Promise<void> };

/** What a thread asks for: to start a child thread, or to stop one. */
export type ChildCommand = ChildRequest | { stop: number };

/**
 * Takes the agent's end of a thread's port to the public state, the thread's name, and what counts its writes: told the
 * characters of a message, that returns how long the thread is to wait with the next one, ms. Returns what closes the port.
 */
export type Connect = (
  port: MessagePort,
  thread: string,
  countWrites: (characters: number) => number,
) => () => void;

/** Passes changed arguments on to a daemon's thread, while one runs that takes them. */
export class ArgumentsFeed {
  #take: ((given: Record<string, unknown>) => void) | undefined;

  /** The thread takes them from now on. */
  open(take: (given: Record<string, unknown>) => void): void {
    this.#take = take;
  }

  /** The thread is ended. */
  close(): void {
    this.#take = undefined;
  }

  /** Passes them on; returns whether there is a thread that takes them. */
  pass(given: Record<string, unknown>): boolean {
    this.#take?.(given);
    return this.#take !== undefined;
  }
}

/** What a run of a thread works with. */
export interface ThreadRun {
  /** What it is to run, and how it is kept running. */
  plan: ThreadPlan;
  /** Aborted when the thread is to stop. */
  signal: AbortSignal;
  /** How long it may take to stop before it is ended, ms. */
  grace: number;
  /** Where time comes from. */
  clock: Clock;
  /** What all threads of its daemon may take. */
  limits: DaemonLimits;
  /** What looks at its heartbeats. */
  health: HealthMonitor;
  /** Connects a thread to the public state. */
  connect: Connect;
  /** Called when its module is loaded and its daemon works. */
  onRunning?: () => void;
  /** Called with each heartbeat that was seen. */
  onBeat?: (beat: Beat) => void;
  /** Called with a warning in one line, such as that it holds too much memory. */
  onWarning?: (warning: string) => void;
  /** Called when it asks for a child thread, or to stop one; `tell` answers it. */
  onChild?: (command: ChildCommand, tell: (message: ToThread) => void) => void;
  /** What passes changed arguments on to it. Default: it is restarted for them. */
  feed?: ArgumentsFeed | undefined;
  /** Answers what it asks, once it is known that it may. */
  answer?: ((what: Question) => Promise<unknown>) | undefined;
  /** Ends a child process of the agent, or that of a service that is stuck, with all that it has started. */
  endProcess?: ((what: number | string) => void) | undefined;
}

/**
 * How long a thread that ends itself is left alone, ms: were it ended at the same time, `process.exit()` would wait for
 * its end in an endless loop (Deno 2.7 to 2.9, ext/node/polyfills/process.ts).
 */
const OWN_END = 500;

/** A thread that has not ended this long after `terminate()` is given up, ms: its event loop is blocked. */
const END_PATIENCE = 1_000;

/**
 * Runs a thread once in a Web Worker of its own and resolves when that is over and the worker gone, or given up.
 * Whatever happens in it is an outcome of this thread alone.
 */
export async function runThread(run: ThreadRun): Promise<RunOutcome> {
  const thread = new LiveThread(run);
  thread.start();
  const outcome = await thread.outcome();
  const gone = thread.end();
  return await isSoon(gone, END_PATIENCE, run.clock) ? outcome : { ...outcome, gone };
}

class LiveThread {
  readonly #run: ThreadRun;
  /** What {@linkcode end} undoes. */
  readonly #cleanups: (() => void)[] = [];
  readonly #ended = Promise.withResolvers<RunOutcome>();
  #worker: Worker | undefined;
  #exit: ExitDetector | undefined;
  #running = false;
  #hasHook = false;
  #leaves = false;

  constructor(run: ThreadRun) {
    this.#run = run;
  }

  /** Starts the worker. When that fails, so does the run. */
  start(): void {
    try {
      this.#start();
    } catch (error) {
      this.#fail(`it cannot be started: ${errorMessage(error)}`, false);
    }
  }

  #start(): void {
    const { plan, health, connect, limits } = this.#run;
    const { assignment, permissions, policy, isBuiltIn } = plan;
    const heartbeat = new Heartbeat();
    const monitored: MonitoredThread = {
      heartbeat,
      policy,
      isBuiltIn,
      isRunning: () => this.#running,
      ask: () => this.#tell({ type: "beat" }),
      onLook: (verdict, beat) => this.#judge(verdict, beat),
    };
    this.#cleanups.push(health.add(monitored));
    const worker = startWorker({
      entry: import.meta.resolve("../thread/worker.ts"),
      name: assignment.thread,
      permissions,
      heapLimit: assignment.heapLimit,
    });
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = (event) => this.#takeError(event);
    const { port1, port2 } = new MessageChannel();
    this.#cleanups.push(
      connect(port1, assignment.thread, (characters) => limits.countWrites(characters)),
    );
    const exit = new ExitDetector();
    worker.postMessage(
      { type: "start", assignment, heartbeat: heartbeat.memory, port: port2 } satisfies ToThread,
      [port2, exit.far],
    );
    this.#exit = exit;
  }

  /** Resolves when it is known how the run ends. */
  async outcome(): Promise<RunOutcome> {
    const { signal, clock, grace } = this.#run;
    const ended = this.#ended.promise;
    try {
      return await within(ended, { signal });
    } catch {
      this.#tell({ type: "stop" });
    }
    const late = (): RunOutcome => ({ type: "overdue", hasHook: this.#hasHook });
    return await within(ended, { ms: grace, late, clock });
  }

  /** Ends the worker and releases what it used; resolves when the worker has ended. */
  end(): Promise<void> {
    const { plan, clock, limits } = this.#run;
    for (const cleanUp of this.#cleanups) cleanUp();
    this.#run.feed?.close();
    if (plan.assignment.task.type === "run") limits.log.flush();
    const gone = this.#exit?.gone() ?? Promise.resolve();
    const terminate = () => this.#worker?.terminate();
    if (this.#leaves) void isSoon(gone, OWN_END, clock).then(terminate);
    else terminate();
    return gone;
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #receive(data: unknown): void {
    if (!this.#run.limits.allowsMessage()) {
      const { perSecond } = MESSAGE_RATE;
      return this.#fail(`it floods the agent: more than ${perSecond} messages a second`, true);
    }
    // A daemon cannot post (see realm.ts): if it finds a way all the same, what it makes up is dropped.
    const message = readFromThread(data);
    if (message) this.#take(message);
  }

  #take(message: FromThread): void {
    const tell = (answer: ToThread) => this.#tell(answer);
    switch (message.type) {
      case "log":
        return this.#log(message);
      case "running":
        if (this.#running) return;
        this.#running = true;
        this.#hasHook = message.hasHook;
        return this.#run.onRunning?.();
      case "finished":
        return this.#ended.resolve(message);
      case "failed":
        this.#leaves = message.leaves === true;
        return this.#fail(message.error, false);
      case "start-child":
        return this.#run.onChild?.(message.request, tell);
      case "stop-child":
        return this.#run.onChild?.({ stop: message.id }, tell);
      case "takes-arguments":
        return this.#run.feed?.open((given) => this.#tell({ type: "arguments", arguments: given }));
      case "ask":
        return void this.#answer(message.id, message.what);
      case "end-process":
        if (mayEnd(this.#run.plan, message.what)) this.#run.endProcess?.(message.what);
    }
  }

  async #answer(id: number, what: Question): Promise<void> {
    try {
      const { plan: { rights }, answer } = this.#run;
      const right = what.about === "disks" ? "sys disks" : `secrets ${what.name}`;
      const isAll = what.about === "secret" && rights.includes("secrets *");
      if (!isAll && !rights.includes(right)) {
        throw new Error(`This daemon lacks the permission '${right}'`);
      }
      this.#tell({ type: "answer", id, value: await answer?.(what) });
    } catch (error) {
      this.#tell({ type: "answer", id, error: errorMessage(error) });
    }
  }

  #log({ level, message, time }: FromThread & { type: "log" }): void {
    const { limits, plan: { assignment } } = this.#run;
    limits.log.write({ time, level, source: assignment.thread, message });
  }

  #takeError(event: ErrorEvent): void {
    event.preventDefault();
    if (!ranOutOfHeap(event)) return this.#fail(cutText(event.message), false);
    this.#fail(describeVerdict("exhausted", { heap: 0 }, this.#run.plan.policy), true);
  }

  #judge(verdict: HealthVerdict, beat: Beat): void {
    this.#run.onBeat?.(beat);
    if (verdict === "well") return;
    const text = describeVerdict(verdict, beat, this.#run.plan.policy);
    if (verdict === "heavy") this.#run.onWarning?.(text);
    else this.#fail(text, true);
  }

  #fail(error: string, ended: boolean): void {
    this.#ended.resolve({ type: "failed", error, ended, hasHook: this.#hasHook });
  }
}

/** Whether a thread ends within `ms`. */
async function isSoon(gone: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  return await within(gone.then(() => true), { ms, late: () => false, clock });
}

/**
 * Whether a thread may have a process ended, by its number or the name of its service: a daemon that may not run a
 * program has no child, and one that may not manage services no service. Pure.
 */
export function mayEnd(
  { assignment: { services }, rights }: ThreadPlan,
  what: number | string,
): boolean {
  return services || (typeof what === "number" && rights.includes("run"));
}
