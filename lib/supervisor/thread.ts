import type { Clock } from "../clock.ts";
import { type Assignment, readFromThread, type ToThread } from "../daemon/protocol.ts";
import type { LogEntry, WriteLog } from "../log/mod.ts";

/** How a thread's run ended: its daemon returned, it failed, or it did not stop in time. */
export type Outcome =
  | { type: "finished" }
  | { type: "failed"; error: string }
  | { type: "terminated" };

/** What a thread needs to run. */
export interface ThreadRun {
  /** What it is to run. */
  assignment: Assignment;
  /** What its worker may do. */
  permissions: Deno.PermissionOptionsObject;
  /** Aborted when the thread is to stop. */
  signal: AbortSignal;
  /** How long it may take to stop before it is terminated, ms. */
  grace: number;
  /** Where the grace takes its time from. */
  clock: Clock;
  /** Where its records go. */
  log: WriteLog;
  /** Told that its module is loaded and its daemon works. */
  onRunning: () => void;
}

/**
 * Runs a daemon once in a Web Worker of its own and resolves when that is over and the worker gone. An
 * uncaught error in it is a failure of this thread alone.
 */
export async function runThread(run: ThreadRun): Promise<Outcome> {
  const { assignment, permissions, signal } = run;
  const worker = new Worker(import.meta.resolve("../daemon/worker.ts"), {
    type: "module",
    name: assignment.thread,
    deno: { permissions },
  });
  const over = new AbortController();
  try {
    const ended = outcomeOf(
      worker,
      ({ time, level, message }) => run.log({ time, level, source: assignment.thread, message }),
      run.onRunning,
    );
    tell(worker, { type: "start", assignment });
    await Promise.race([ended, aborted(signal, over.signal)]);
    if (!signal.aborted) return await ended;
    tell(worker, { type: "stop" });
    return await Promise.race([ended, overdue(run, over.signal)]);
  } finally {
    over.abort();
    worker.terminate();
  }
}

function tell(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

function outcomeOf(
  worker: Worker,
  log: (entry: Omit<LogEntry, "source">) => void,
  onRunning: () => void,
): Promise<Outcome> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      const message = readFromThread(data);
      if (message?.type === "log") log(message);
      else if (message?.type === "running") onRunning();
      else if (message?.type === "finished" || message?.type === "failed") resolve(message);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve({ type: "failed", error: event.message });
    };
  });
}

/** Resolves when `signal` is aborted, or when nobody waits for that any longer. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true, signal: over });
  return promise;
}

async function overdue({ clock, grace }: ThreadRun, over: AbortSignal): Promise<Outcome> {
  await clock.sleep(grace, over).catch(() => {});
  return { type: "terminated" };
}
