import type { ThreadInfo } from "../daemon/mod.ts";
import type { Beat } from "../thread/mod.ts";
import type { ThreadChange } from "./keep_running.ts";

/** The fields of a thread that do not change. */
export type ThreadIdentity = Pick<ThreadInfo, "daemon" | "task" | "pool">;

/** Memory and lag of all threads are published together, once in this time, ms: each write wakes every thread. */
const PUBLISH_EVERY = 10_000;

/** A thread's published state after a change. */
export function updateInfo(
  before: ThreadInfo | ThreadIdentity,
  { state, failures, error, job = (before as Partial<ThreadInfo>).job }: ThreadChange,
  now: Date,
): ThreadInfo {
  const { failures: _, restarts = 0, ...rest } = before as Partial<ThreadInfo> & ThreadIdentity;
  const at = now.toISOString();
  const isStart = state === "starting";
  return {
    ...rest,
    state,
    since: at,
    // Each run of a job is a start, and none a restart.
    restarts: restarts + Number(isStart && rest.started !== undefined && job === undefined),
    ...(isStart && { started: at }),
    ...(job && { job }),
    ...(failures > 0 && { failures }),
    ...(error !== undefined && { lastError: { at, message: error } }),
  };
}

/** The number of the publishing period at a time, ms. */
export function roundOfNews(now: number): number {
  return Math.floor(now / PUBLISH_EVERY);
}

/** Whether a thread's memory or lag has changed enough to be published. */
export function isNews({ heap = 0, lag = 0 }: Partial<Beat>, beat: Beat): boolean {
  if (beat.count === 0) return false;
  return Math.abs(beat.heap - heap) > Math.max(2e6, heap / 10) || Math.abs(beat.lag - lag) > 50;
}
