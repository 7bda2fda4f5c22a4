import type { Beat } from "../daemon/pulse.ts";
import type { ThreadPolicy } from "./policy.ts";

/** What a thread is held to. */
export type HealthPolicy = Pick<ThreadPolicy, "frozenAfter" | "memoryLimit">;

/** A thread that has not begun to work is waited for so long at the least, ms: the machine may be busy. */
export const START_PATIENCE = 10_000;

/** What is remembered of a thread from one look to the next. */
export interface Vigil {
  /** The beats seen. */
  count: number;
  /** How long there was no new one, ms. */
  silent: number;
  /** How long its daemon has not begun to work, ms; 0 once it has. */
  starting: number;
  /** Beats in a row with more memory than the limit. */
  over: number;
}

/**
 * What a look has shown:
 *
 * - `heavy`: it holds more memory than it may, for the first time
 * - `too-heavy`: it still does
 * - `frozen`: there was no sign of life for too long
 * - `stuck`: its module does not come to its end
 * - `exhausted`: its heap came to its end
 * - `hoarding`: memory that no heap counts goes fast, and it does not answer
 */
export type Verdict =
  | "well"
  | "heavy"
  | "too-heavy"
  | "frozen"
  | "stuck"
  | "exhausted"
  | "hoarding";

/** What is remembered of a thread that was just started. */
export const NEW_VIGIL: Vigil = { count: 0, silent: 0, starting: 0, over: 0 };

/**
 * Judges a thread by its last sign of life.
 *
 * @param running whether its daemon has begun to work.
 * @param elapsed ms since the last look, as far as the agent itself was awake.
 */
export function judge(
  { frozenAfter, memoryLimit }: HealthPolicy,
  before: Vigil,
  beat: Beat,
  running: boolean,
  elapsed: number,
): { vigil: Vigil; verdict: Verdict } {
  const fresh = beat.count !== before.count;
  const over = !fresh ? before.over : beat.heap > memoryLimit ? before.over + 1 : 0;
  const vigil: Vigil = {
    count: beat.count,
    silent: fresh ? 0 : before.silent + elapsed,
    starting: running ? 0 : before.starting + elapsed,
    over,
  };
  if (beat.exhausted) return { vigil, verdict: "exhausted" };
  if (over > 1) return { vigil, verdict: "too-heavy" };
  const patience = running ? frozenAfter : Math.max(frozenAfter, START_PATIENCE);
  if (vigil.silent >= patience) return { vigil, verdict: "frozen" };
  if (vigil.starting >= patience) return { vigil, verdict: "stuck" };
  return { vigil, verdict: over > before.over ? "heavy" : "well" };
}

/** Says what a look has shown. */
export function describeVerdict(
  verdict: Exclude<Verdict, "well">,
  { heap }: Pick<Beat, "heap">,
  { frozenAfter, memoryLimit }: HealthPolicy,
): string {
  const held = `it holds ${mb(heap)}`;
  const limit = `its memoryLimit is ${mb(memoryLimit)}`;
  const span = `${Math.round(frozenAfter / 100) / 10} s`;
  switch (verdict) {
    case "heavy":
      return `${held}; ${limit}`;
    case "too-heavy":
      return `${held} and does not let go of it; ${limit}`;
    case "frozen":
      return `it is frozen: no sign of life for ${span}`;
    case "exhausted":
      return `it ran out of memory; ${limit}`;
    case "hoarding":
      return `it takes the machine's memory and does not answer; ${limit}`;
    case "stuck":
      return "it has not begun to work: its module does not come to its end";
  }
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)}MB`;
}
