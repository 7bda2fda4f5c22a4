/** Plans and supervisors for tests: threads that are functions, on a clock moved by hand. */
import { ManualClock } from "../../lib/base/mod.ts";
import type { ThreadInfo } from "../../lib/daemon/agent_state.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import type { ThreadPlan } from "../../lib/supervisor/plan.ts";
import type { ThreadPolicy } from "../../lib/supervisor/restart.ts";
import { Supervisor } from "../../lib/supervisor/supervisor.ts";
import type { RunOutcome, ThreadRun } from "../../lib/supervisor/thread.ts";

/** The defaults. */
export const policy: ThreadPolicy = {
  restart: "on-failure",
  frozenAfter: 30_000,
  memoryLimit: 268_435_456,
  failedRetry: 600_000,
};

/** A plan of a daemon, by the defaults. */
export function planOf(daemon: string, changes: Partial<ThreadPolicy> = {}): ThreadPlan {
  return {
    assignment: {
      thread: "",
      daemon,
      task: { type: "run" },
      module: "file:///x.ts",
      version: "",
      home: "/",
      arguments: {},
      services: false,
      serviceManager: { kind: "simulated", scenario: {} },
      logLevel: "info",
      frozenAfter: policy.frozenAfter,
      heapLimit: policy.memoryLimit,
    },
    permissions: {},
    rights: [],
    pool: "MainPool",
    isBuiltIn: false,
    policy: { ...policy, ...changes },
  };
}

/** A failure. */
export const failed: RunOutcome = { type: "failed", error: "boom", ended: false, hasHook: false };

/** A failure of a thread that is given up, until `gone` is resolved; never unless told. */
export function givenUp(gone: Promise<void> = new Promise(() => {})): RunOutcome {
  return { type: "failed", error: "it is frozen", ended: true, hasHook: false, gone };
}

/** What a thread does in a test. */
export type Act = (run: ThreadRun) => RunOutcome | Promise<RunOutcome>;

/** A supervisor under test, and what it has done. */
export interface Supervised {
  supervisor: Supervisor;
  clock: ManualClock;
  /** What it has logged. */
  records: LogEntry[];
  /** Which threads it has run, and when, ms. */
  runs: { thread: string; at: number }[];
  /** Every state it has told, `<thread> <state>`. */
  states: string[];
  /** Where the threads stand. */
  infos: Map<string, ThreadInfo>;
  /** The host sleeps: the time of day goes on by `ms`, and the clock does not. */
  sleepHost: (ms: number) => void;
}

/** The time of day when a supervisor under test is made: midnight, a Thursday. */
const START = Date.parse("2026-01-01T00:00:00Z");

/** A supervisor whose threads run `act`, and what it has done. */
export function supervisorOf(
  act: Act,
  pools: Record<string, number> = { MainPool: 20 },
): Supervised {
  const clock = new ManualClock();
  const records: LogEntry[] = [];
  const runs: { thread: string; at: number }[] = [];
  const states: string[] = [];
  const infos = new Map<string, ThreadInfo>();
  let slept = 0;
  const supervisor = new Supervisor({
    clock,
    connect: () => () => {},
    random: () => 0,
    wall: () => START + clock.now() + slept,
    log: (entry) => void records.push(entry),
    onInfo: (thread, info) => {
      states.push(`${thread} ${info?.state ?? "gone"}`);
      if (info) infos.set(thread, info);
      else infos.delete(thread);
    },
    run: async (run) => {
      runs.push({ thread: run.plan.assignment.thread, at: clock.now() });
      return await act(run);
    },
  });
  supervisor.pools.set(
    Object.fromEntries(Object.entries(pools).map(([name, max]) => [name, { max }])),
  );
  const sleepHost = (ms: number) => void (slept += ms);
  return { supervisor, clock, records, runs, states, infos, sleepHost };
}

/** Runs until it is told to stop. */
export function obedient(run: ThreadRun): Promise<RunOutcome> {
  return new Promise((resolve) => {
    const finish = () => resolve({ type: "finished" });
    if (run.signal.aborted) finish();
    run.onRunning?.();
    run.signal.addEventListener("abort", finish, { once: true });
  });
}

/** Ends as listed, one run after another; after the last it runs until it is told to stop. */
export function ending(...outcomes: RunOutcome[]): Act {
  const left = [...outcomes];
  return (run) => left.shift() ?? obedient(run);
}
