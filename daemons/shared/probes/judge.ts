import type { ProbeVerdict } from "./probe.ts";

/**
 * The longest random wait of a probe before it restarts the service, ms. Many hosts of one master can fail at the same
 * time.
 */
export const LONGEST_DELAY = 10 * 60_000;

/** The shortest time between two restarts by probes, ms. All probes share it. */
export const BUDGET_TIME = 60 * 60_000;

/** What is known of one probe; times are ms on the monotonic clock. */
export interface ProbeInfo {
  verdict: ProbeVerdict;
  /** Since when it fails; absent while it does not. */
  failsSince?: number;
  /** Since when it fails in a way that a restart may fix; absent while it does not. */
  curableSince?: number;
  /** Whether it has failed for longer than `failAfter`; then it is logged. */
  failed: boolean;
  /** When the service is to be restarted. */
  due?: number;
  /** Restarts since its last verdict `ok`. */
  restarts: number;
  /** When it was last judged. */
  at: number;
}

/** What is to be done after a verdict. `warn` once for each failure, `recovered` once it is over. */
export type ProbeStep = "nothing" | "warn" | "recovered" | "unknown" | "restart";

/** What a decision needs beside the verdict. */
export interface JudgePlan {
  /** See the arguments of a probe. */
  action: string;
  failAfter: number;
  every: number;
  now: number;
  /** When a probe last restarted the service; undefined: never. */
  lastRestart: number | undefined;
  /** From 0 to 1. */
  random: () => number;
}

/**
 * What a verdict leads to. Only what fails without a break for `failAfter` is acted on: after a gap (the host slept)
 * it counts anew. A restart counts from the time since it may help: when a parent is back after an outage, or a full disk
 * has room again, it takes some minutes until that shows. A probe that is unknown restarts nothing.
 */
export function judgeProbe(
  before: ProbeInfo | undefined,
  verdict: ProbeVerdict,
  plan: JudgePlan,
): { info: ProbeInfo; step: ProbeStep } {
  const { now, every, failAfter } = plan;
  const kept = before && { failed: before.failed, restarts: before.restarts };
  const base = { verdict, at: now, failed: false, restarts: 0 };
  if (verdict.is === "ok") {
    return { info: base, step: before?.failed || before?.restarts ? "recovered" : "nothing" };
  }
  if (verdict.is === "unknown") {
    const isNew = before?.verdict.is !== "unknown";
    // An unknown verdict neither ends nor starts a failure.
    return { info: { ...base, ...kept }, step: isNew ? "unknown" : "nothing" };
  }
  const isContinued = before && now - before.at <= 3 * every + 60_000;
  const began = now - (verdict.lasted ?? 0);
  const known = isContinued ? before : undefined;
  const failsSince = Math.min(known?.failsSince ?? began, began);
  const wasTold = known?.failsSince !== undefined && known.curableSince === undefined;
  const curableSince = verdict.tellOnly ? undefined : wasTold ? now : known?.curableSince ?? began;
  const curable = curableSince !== undefined && { curableSince };
  const info: ProbeInfo = { ...base, ...kept, failsSince, ...curable };
  if (now - failsSince < failAfter) return { info, step: "nothing" };
  const isNews = !info.failed;
  info.failed = true;
  if (mayRestart(info, plan)) {
    const { lastRestart = -Infinity } = plan;
    const due = before?.due ?? now + plan.random() * LONGEST_DELAY;
    info.due = Math.max(due, lastRestart + BUDGET_TIME);
    if (!isNews && now >= info.due) {
      // `failed` is reset: when the restart does not help, that is logged again.
      const restarts = info.restarts + 1;
      return { info: { ...base, restarts }, step: "restart" };
    }
  }
  return { info, step: isNews ? "warn" : "nothing" };
}

function mayRestart(
  { curableSince = Infinity, restarts }: ProbeInfo,
  { action, failAfter, now }: JudgePlan,
): boolean {
  if (now - curableSince < failAfter) return false;
  return action === "restart" || (action === "restart-once" && restarts === 0);
}
