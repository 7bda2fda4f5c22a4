import type { Clock } from "../base/mod.ts";
import {
  type ChildRequest,
  type FromThread,
  readFromThread,
  type ToThread,
} from "../daemon/protocol.ts";
import { type Beat, Pulse } from "../daemon/pulse.ts";
import { type LimitedLog, limitLog } from "../log/limited.ts";
import type { WriteLog } from "../log/mod.ts";
import { RateLimit } from "../log/rate.ts";
import { describeVerdict, type Verdict } from "./health.ts";
import { Lifeline } from "./lifeline.ts";
import type { ThreadPlan } from "./plan.ts";
import type { Watch } from "./watch.ts";
import { ranOutOfHeap, startWorker } from "./worker.ts";

/**
 * How a thread's run ended: its daemon returned; it failed; or it was told to stop and did not in time. Of a
 * thread that the agent had to end, `hasHook` says whether its daemon has an `onTerminate`. One that could not be
 * ended is given up: `gone` resolves when it is gone after all.
 */
export type Outcome =
  & (
    | { type: "finished"; result?: Uint8Array | undefined }
    | { type: "failed"; error: string; ended: boolean; hasHook: boolean }
    | { type: "overdue"; hasHook: boolean }
  )
  & { gone?: Promise<void> };

/** A thread's wish for a child thread, or for the end of one. */
export type ChildWish = ChildRequest | { stop: number };

/** What a thread needs to run. */
export interface ThreadRun {
  /** What it is to run, and how it is supervised. */
  plan: ThreadPlan;
  /** Aborted when the thread is to stop. */
  signal: AbortSignal;
  /** How long it may take to stop before it is ended, ms. */
  grace: number;
  /** Where it takes its time from. */
  clock: Clock;
  /** Where its records go. */
  log: WriteLog;
  /** What looks at its signs of life. */
  watch: Watch;
  /** Takes the agent's end of the thread's line to the public state; the answer cuts it. */
  connect: (line: MessagePort) => () => void;
  /** Told that its module is loaded and its daemon works. */
  onRunning?: () => void;
  /** Told of each sign of life that was seen. */
  onBeat?: (beat: Beat) => void;
  /** Told in one line what does not end it yet: that it holds too much memory. */
  onWarning?: (warning: string) => void;
  /** Told that it asks for a child thread, or to stop one; `tell` answers it. */
  onChild?: (wish: ChildWish, tell: (message: ToThread) => void) => void;
}

/** A daemon that sends more messages than this is a danger to the agent, which has to read them all. */
const MESSAGE_RATE = { burst: 20_000, perSecond: 5_000 };

/**
 * How long one that ends itself is left alone, ms: were it told to end at the same time, `process.exit()` would wait for
 * its end in an endless loop (Deno 2.7 to 2.9, ext/node/polyfills/process.ts).
 */
const OWN_END = 500;

/** A thread that is told to end and is not gone by then, ms, is given up: its event loop has no turn. */
const LAST_BREATH = 1_000;

/**
 * Runs a thread once in a Web Worker of its own and resolves when that is over and the worker gone, or given up.
 * Whatever happens in it is an outcome of this thread alone.
 */
export async function runThread(run: ThreadRun): Promise<Outcome> {
  const thread = new LiveThread(run);
  thread.start();
  const outcome = await thread.outcome();
  const gone = thread.end();
  return await isSoon(gone, LAST_BREATH, run.clock) ? outcome : { ...outcome, gone };
}

class LiveThread {
  readonly #run: ThreadRun;
  readonly #log: LimitedLog;
  readonly #messages: RateLimit;
  /** What {@linkcode end} undoes, in this order. */
  readonly #cleanups: (() => void)[] = [];
  readonly #ended = Promise.withResolvers<Outcome>();
  readonly #over = new AbortController();
  #lifeline: Lifeline | undefined;
  #worker: Worker | undefined;
  #running = false;
  #hasHook = false;
  #leaves = false;
  #isForeign = false;

  constructor(run: ThreadRun) {
    const { plan: { assignment }, clock } = run;
    this.#run = run;
    this.#messages = new RateLimit(MESSAGE_RATE, clock.now());
    this.#log = limitLog(run.log, assignment.thread, () => clock.now());
  }

  /** Starts the worker. What keeps it from that is how the run ends. */
  start(): void {
    try {
      this.#start();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#fail(`it cannot be started: ${text}`, false);
    }
  }

  #start(): void {
    const { plan: { assignment, permissions, policy }, watch, connect } = this.#run;
    const pulse = new Pulse();
    this.#cleanups.push(watch.add({
      pulse,
      policy,
      isRunning: () => this.#running,
      call: () => this.#tell({ type: "beat" }),
      onLook: (verdict, beat) => this.#judge(verdict, beat),
    }));
    const worker = startWorker({
      entry: import.meta.resolve("../daemon/worker.ts"),
      name: assignment.thread,
      permissions,
      heapLimit: assignment.heapLimit,
    });
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onmessageerror = () => this.#fail("it posted what cannot be read", true);
    worker.onerror = (event) => this.#takeError(event);
    const { port1, port2: line } = new MessageChannel();
    this.#cleanups.push(connect(port1));
    const lifeline = new Lifeline();
    worker.postMessage(
      { type: "start", assignment, pulse: pulse.memory, line } satisfies ToThread,
      [line, lifeline.far],
    );
    this.#lifeline = lifeline;
  }

  /** Resolves when it is known how the run ends. */
  async outcome(): Promise<Outcome> {
    const { signal } = this.#run;
    await Promise.race([this.#ended.promise, aborted(signal, this.#over.signal)]);
    if (!signal.aborted) return await this.#ended.promise;
    this.#tell({ type: "stop" });
    return await Promise.race([this.#ended.promise, this.#overdue()]);
  }

  /** Ends the worker, if it has not ended yet, and all that was for it; resolves when the worker is gone. */
  end(): Promise<void> {
    this.#over.abort();
    for (const undo of this.#cleanups) undo();
    this.#log.close();
    const gone = this.#lifeline?.gone() ?? Promise.resolve();
    const terminate = () => this.#worker?.terminate();
    if (this.#leaves) void isSoon(gone, OWN_END, this.#run.clock).then(terminate);
    else terminate();
    return gone;
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #receive(data: unknown): void {
    if (!this.#messages.allows(this.#run.clock.now())) {
      const { perSecond } = MESSAGE_RATE;
      return this.#fail(`it floods the agent: more than ${perSecond} messages a second`, true);
    }
    const message = readFromThread(data);
    if (message) this.#take(message);
    else this.#drop();
  }

  /** Says once that messages are dropped. */
  #drop(): void {
    if (this.#isForeign) return;
    this.#isForeign = true;
    const { thread: source } = this.#run.plan.assignment;
    const message = "It posts messages to the agent that are not for it; they are dropped";
    this.#log.write({ time: Date.now(), level: "warning", source, message });
  }

  #take(message: FromThread): void {
    const tell = (answer: ToThread) => this.#tell(answer);
    switch (message.type) {
      case "log":
        return this.#log.write({ ...message, source: this.#run.plan.assignment.thread });
      case "running":
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
    }
  }

  #takeError(event: ErrorEvent): void {
    event.preventDefault();
    if (!ranOutOfHeap(event)) return this.#fail(event.message, false);
    this.#fail(describeVerdict("exhausted", { heap: 0 }, this.#run.plan.policy), true);
  }

  #judge(verdict: Verdict, beat: Beat): void {
    this.#run.onBeat?.(beat);
    if (verdict === "well") return;
    const text = describeVerdict(verdict, beat, this.#run.plan.policy);
    if (verdict === "heavy") this.#run.onWarning?.(text);
    else this.#fail(text, true);
  }

  #fail(error: string, ended: boolean): void {
    this.#ended.resolve({ type: "failed", error, ended, hasHook: this.#hasHook });
  }

  async #overdue(): Promise<Outcome> {
    const { clock, grace } = this.#run;
    await clock.sleep(grace, this.#over.signal).catch(() => {});
    return { type: "overdue", hasHook: this.#hasHook };
  }
}

/** Whether a thread is gone within `ms`. */
async function isSoon(gone: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  const known = new AbortController();
  const late = clock.sleep(ms, known.signal).then(() => false, () => false);
  const soon = await Promise.race([gone.then(() => true), late]);
  known.abort();
  return soon;
}

/** Resolves when `signal` is aborted, or never when `over` was before. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true, signal: over });
  return promise;
}
