import type { Clock } from "../base/mod.ts";
import type { ThreadInfo } from "../daemon/mod.ts";
import type { Beat } from "../thread/mod.ts";
import type { ThreadChange } from "./keep_running.ts";

/** The fields of a thread that do not change. */
type ThreadIdentity = Pick<ThreadInfo, "daemon" | "task" | "pool">;

/** Memory and lag of all threads are published together, once in this time, ms: each write wakes every thread. */
const PUBLISH_EVERY = 10_000;

/**
 * Publishes a thread's state at each change, and its memory and lag from time to time.
 *
 * @returns what takes its changes and its heartbeats.
 */
export function keepInfo(
  identity: ThreadIdentity,
  clock: Clock,
  publish: (info: ThreadInfo) => void,
): { change: (change: ThreadChange) => void; beat: (beat: Beat) => void } {
  let info: Partial<ThreadInfo> & ThreadIdentity = identity;
  let told = -Infinity;
  return {
    change: (change) => publish(info = afterChange(info, change)),
    beat(beat) {
      const round = Math.floor(clock.now() / PUBLISH_EVERY);
      if (!isPublished(info) || round === told || !isNews(info, beat)) return;
      told = round;
      publish(info = { ...info, heap: beat.heap, lag: Math.round(beat.lag) });
    },
  };
}

function afterChange(
  before: Partial<ThreadInfo> & ThreadIdentity,
  { state, failures, error, job = before.job }: ThreadChange,
): ThreadInfo {
  const { failures: _, restarts = 0, ...rest } = before;
  const at = new Date().toISOString();
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

function isPublished(info: Partial<ThreadInfo>): info is ThreadInfo {
  return info.state !== undefined;
}

/** Whether a thread's memory or lag has changed enough to be published. */
function isNews({ heap = 0, lag = 0 }: Partial<Beat>, beat: Beat): boolean {
  if (beat.count === 0) return false;
  return Math.abs(beat.heap - heap) > Math.max(2e6, heap / 10) || Math.abs(beat.lag - lag) > 50;
}
