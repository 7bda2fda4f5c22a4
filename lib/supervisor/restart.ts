import { within } from "../base/mod.ts";

/** When a thread is started again: whatever its end, only when it failed, or not at all. */
export type RestartPolicy = "always" | "on-failure" | "never";

/** How a thread is kept running. */
export interface ThreadPolicy {
  /** When it is started again. */
  restart: RestartPolicy;
  /** After this time without a heartbeat it counts as frozen, ms. */
  frozenAfter: number;
  /** The limit of its memory, bytes; it may exceed it for a short time. */
  memoryLimit: number;
  /** The wait before it is started again after too many failures in a row, or while threads of it cannot be ended, ms. */
  failedRetry: number;
  /** When it runs, where it is a job: whatever its end, it runs again at the next of these times. */
  schedule?: { pattern: string; timeZone?: string | undefined };
}
/** The wait before a thread is started again after its first failure, ms; doubled with each in a row. */
const FIRST_WAIT = 1_000;

/** After this number of failures in a row a thread is started again only after `failedRetry`. */
const FAILED_AFTER = 6;

/** For each such span that a thread ran, half of its failures are forgotten, ms. */
export const FORGIVEN_AFTER = 60_000;

/** What follows the end of a thread's run. */
export interface Next {
  /** The thread's state until then. */
  state: "backing-off" | "failed" | "finished";
  /** When it is started again, ms from now; undefined: not at all. */
  after?: number | undefined;
}

/** Failures in a row after one more, of a thread that ran for `ranFor` ms before it. */
export function countFailure(failures: number, ranFor: number): number {
  return Math.floor(failures / 2 ** Math.floor(ranFor / FORGIVEN_AFTER)) + 1;
}

/** What follows for a thread that may not be started now. */
export function nextOfRefused({ restart, failedRetry }: ThreadPolicy): Next {
  return { state: "failed", after: restart === "never" ? undefined : failedRetry };
}

/**
 * Decides what follows the end of a thread's run.
 *
 * @param failures failures in a row, this one included; 0: the daemon has returned.
 * @param random 0 to 1: makes waits up to a fifth shorter, so that what failed together does not come back together.
 */
export function decideNext(
  { restart, failedRetry }: ThreadPolicy,
  failures: number,
  random: number,
): Next {
  if (failures === 0) {
    return restart === "always"
      ? { state: "backing-off", after: FIRST_WAIT }
      : { state: "finished" };
  }
  if (restart === "never") return { state: "failed" };
  if (failures >= FAILED_AFTER) return { state: "failed", after: failedRetry };
  return { state: "backing-off", after: FIRST_WAIT * 2 ** (failures - 1) * (1 - random / 5) };
}

/** Holds restarts back while the agent is paused. */
export class Gate {
  #opened: PromiseWithResolvers<void> | undefined;

  /** Holds back from now on. */
  close(): void {
    this.#opened ??= Promise.withResolvers();
  }

  /** Lets through all that waits. */
  open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  /**
   * Resolves when the gate is open.
   *
   * @throws {unknown} the signal's reason, when it is aborted while waiting.
   */
  async pass(signal: AbortSignal): Promise<void> {
    await within(this.#opened?.promise ?? Promise.resolve(), { signal });
  }
}
