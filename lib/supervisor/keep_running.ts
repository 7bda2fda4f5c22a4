import { errorMessage } from "../base/mod.ts";
import { type JobInfo, threadName, type ThreadState } from "../daemon/mod.ts";
import type { Beat, ThreadEnd } from "../thread/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import { type DaemonLimits, logGivenUp } from "./limits.ts";
import type { ThreadPlan } from "./plan.ts";
import { takeSlot, type ThreadPool, type ThreadPools } from "./pool.ts";
import { countFailure, decideNext, type Gate, type Next, nextOfRefused } from "./restart.ts";
import { runOnSchedule } from "./job.ts";
import type { RunOutcome, runThread, ThreadRun } from "./thread.ts";

/** How long a daemon may take to stop before its thread is ended, and its `onTerminate` may take, ms. */
const STOP_GRACE = 5_000;

/** How long a thread that starts keeps others from starting, ms. */
const START_PATIENCE = 1_000;

/** A thread's new state, and what led to it. */
export interface ThreadChange {
  /** The state. */
  state: ThreadState;
  /** Failures in a row. */
  failures: number;
  /** What failed. */
  error?: string | undefined;
  /** Where it is a job: its runs. */
  job?: JobInfo;
}

/** What the supervision of all threads shares. */
export interface SharedParts
  extends Pick<ThreadRun, "clock" | "health" | "connect" | "endProcess" | "answer"> {
  /** Where records go. */
  log: WriteLog;
  /** Closed while nothing is to be started again. */
  gate: Gate;
  /** The thread pools. */
  pools: ThreadPools;
  /** How many threads start at a time. */
  starts: ThreadPool;
  /** Gives a number from 0 to 1, for the backoff. */
  random: () => number;
  /** The time of day, ms since the Unix epoch. */
  wall: () => number;
  /** Runs a thread once: {@linkcode runThread}, or what a test puts in its place. */
  run: typeof runThread;
}

/** What the supervision of one thread works with. */
export interface ThreadParts extends SharedParts {
  /** Aborted when the thread is to stop. */
  signal: AbortSignal;
  /** What all threads of its daemon may take. */
  limits: DaemonLimits;
  /** What passes changed arguments on. */
  feed?: ThreadRun["feed"];
  /** Called at each change of the thread's state. */
  onChange: (change: ThreadChange) => void;
  /** Called with its heartbeats. */
  onBeat: (beat: Beat) => void;
  /** Opens the child threads of one run of the thread. */
  openChildren: () => Children;
}

/** The child threads of one run of a thread. */
export interface Children {
  /** Takes what the thread asks for. */
  take: NonNullable<ThreadRun["onChild"]>;
  /** Stops all; resolves when they have ended. */
  stop(): Promise<void>;
}

/** Keeps a thread running as its policy says, until that ends it or the signal is aborted. Never rejects. */
export async function keepRunning(plan: ThreadPlan, parts: ThreadParts): Promise<ThreadEnd> {
  const { signal, log, onChange } = parts;
  try {
    if (!plan.policy.schedule) return await runAgainAndAgain(plan, parts);
    return await runOnSchedule(plan, parts, (failures) => runOnce(plan, parts, failures));
  } catch (error) {
    if (signal.aborted) return { type: "stopped" };
    const text = errorMessage(error);
    agentLog(log).error(`Thread ${plan.assignment.thread} cannot be kept running: ${text}`);
    onChange({ state: "failed", failures: 1, error: text });
    return { type: "failed", error: text };
  }
}

async function runAgainAndAgain(plan: ThreadPlan, parts: ThreadParts): Promise<ThreadEnd> {
  const { clock, log, signal, gate, random, limits, onChange } = parts;
  const user = plan.assignment.task.type === "run" ? "daemon" : "child";
  let failures = 0;
  let isRefused = false;
  // A thread that is started again in a moment keeps its slot: it might wait long for another.
  let release: (() => void) | undefined;
  using _slot = { [Symbol.dispose]: () => release?.() };
  for (;;) {
    if (!release) {
      // A thread that was refused stays failed while it is tried again.
      if (!isRefused) onChange({ state: "waiting", failures });
      release = await takeSlot(plan.pool, user, parts);
    }
    const refusal = limits.refusal();
    isRefused = refusal !== undefined;
    let end: ThreadEnd;
    let next: Next;
    if (refusal !== undefined) {
      end = { type: "failed", error: refusal };
      next = nextOfRefused(plan.policy);
    } else {
      const began = clock.now();
      end = endOf(await runOnce(plan, parts, failures));
      if (signal.aborted) return { type: "stopped" };
      failures = end.type === "failed" ? countFailure(failures, clock.now() - began) : 0;
      next = decideNext(plan.policy, failures, random());
    }
    const error = end.type === "failed" ? end.error : undefined;
    const what = isRefused ? "is not started" : error === undefined ? "has finished" : "failed";
    const line = `Thread ${plan.assignment.thread} ${what}${
      error === undefined ? "" : `: ${error}`
    }`;
    const follows = isRefused ? describeRetry(next) : describeNext(next, failures);
    // Of children there may be ten a second.
    const ended = plan.assignment.task.type === "task" ? "debug" : "info";
    agentLog(log)[error === undefined ? ended : "error"](line + follows);
    onChange({ state: next.state, failures, error });
    if (next.state !== "backing-off") {
      release();
      release = undefined;
    }
    if (next.after === undefined) return end;
    await clock.sleep(next.after, signal);
    await gate.pass(signal);
  }
}

function endOf(outcome: RunOutcome): ThreadEnd {
  if (outcome.type === "failed") return { type: "failed", error: outcome.error };
  return { type: "finished", result: outcome.type === "finished" ? outcome.result : undefined };
}

function describeRetry({ after }: Next): string {
  return after === undefined ? "" : `; it is looked at again in ${seconds(after)} s`;
}

function describeNext({ state, after }: Next, failures: number): string {
  if (state === "finished") return "";
  if (after === undefined) return "; it is not started again";
  if (state === "backing-off") return `; starting it again in ${seconds(after)} s`;
  return `; it failed ${failures} times in a row and is left alone for ${seconds(after)} s`;
}

function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}

/** Runs the thread once, with its children and, when it had to be ended, `onTerminate`. */
async function runOnce(
  plan: ThreadPlan,
  parts: ThreadParts,
  failures: number,
): Promise<RunOutcome> {
  const { signal, limits, onChange, openChildren } = parts;
  const { thread } = plan.assignment;
  const stopping = () => onChange({ state: "stopping", failures });
  signal.addEventListener("abort", stopping, { once: true });
  const children = openChildren();
  const begun = await beginStart(parts);
  try {
    onChange({ state: "starting", failures });
    const outcome = await parts.run({
      ...parts,
      plan,
      grace: STOP_GRACE,
      onRunning: () => {
        begun();
        onChange({ state: "running", failures });
      },
      onWarning: (text) => agentLog(parts.log).warning(`Thread ${thread}: ${text}`),
      onChild: children.take,
    });
    if (outcome.gone) limits.giveUp(thread, outcome.gone);
    await followUp(plan, parts, outcome);
    return outcome;
  } finally {
    begun();
    signal.removeEventListener("abort", stopping);
    await children.stop();
  }
}

/**
 * Waits until few enough threads start: more of them are not ready sooner, and make each other wait for the public
 * state. A thread that takes long to start lets others start meanwhile. Returns what says that it has started.
 */
async function beginStart({ starts, clock, signal }: ThreadParts): Promise<() => void> {
  const leave = await starts.enter(signal);
  const cancel = clock.after(START_PATIENCE, leave);
  return () => {
    cancel();
    leave();
  };
}

/** Logs that a thread had to be ended, and runs its daemon's `onTerminate`. */
async function followUp(
  plan: ThreadPlan,
  parts: ThreadParts,
  outcome: RunOutcome,
): Promise<void> {
  const { thread } = plan.assignment;
  const { warning } = agentLog(parts.log);
  if (outcome.type === "finished") return;
  if (outcome.type === "failed" && parts.signal.aborted) {
    warning(`Thread ${thread} failed while it was stopped: ${outcome.error}`);
  }
  const overdue = `did not stop within ${STOP_GRACE / 1000} s`;
  if (outcome.type === "overdue") warning(`Thread ${thread} ${overdue}; ${fateOf(outcome)}`);
  const ended = outcome.type === "overdue" || outcome.ended;
  if (!ended || !outcome.hasHook) return;
  await runHook(plan, parts, outcome.type === "overdue" ? `it ${overdue}` : outcome.error);
}

/** What became of a thread that took too long. */
function fateOf({ gone }: RunOutcome): string {
  return gone ? "gave it up" : "terminated it";
}

/** Runs a daemon's `onTerminate` in a thread of its own, with a limit. Never rejects. */
async function runHook(plan: ThreadPlan, parts: ThreadParts, reason: string): Promise<void> {
  const { daemon, thread } = plan.assignment;
  const name = threadName(daemon, "onTerminate", "Main", 0);
  const { warning, info } = agentLog(parts.log);
  const limit = new AbortController();
  const cancel = parts.clock.after(STOP_GRACE, () => limit.abort());
  const task = { type: "onTerminate", thread, reason } as const;
  const outcome = await parts.run({
    ...parts,
    plan: { ...plan, assignment: { ...plan.assignment, thread: name, task } },
    signal: limit.signal,
    feed: undefined,
    grace: 0,
    onBeat: undefined,
  });
  cancel();
  if (outcome.gone) void logGivenUp(parts, name, outcome.gone);
  if (limit.signal.aborted) {
    return warning(`Thread ${name} took longer than ${STOP_GRACE / 1000} s; ${fateOf(outcome)}`);
  }
  if (outcome.type === "failed") return warning(`Thread ${name} failed: ${outcome.error}`);
  info(`Thread ${name} has finished`);
}
