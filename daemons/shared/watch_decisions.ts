/**
 * What the watch of a service does about what it sees. Pure.
 *
 * @module
 */
import type { ServiceErrorKind, ServiceState } from "../../lib/service/mod.ts";

/**
 * Errors that a retry does not fix: the next attempt waits long. Only a start reports that. Several logons with a wrong
 * password can lock the account.
 */
export const PERMANENT: ReadonlySet<ServiceErrorKind | "failed"> = new Set([
  "exe-missing",
  "exe-invalid",
  "disabled",
  "marked-for-deletion",
  "logon-failed",
]);

/** What to do about a state. */
export type WatchAction = "none" | "wait" | "restart" | "report-stuck";

/**
 * What to do about a service.
 *
 * @param state undefined: it is not installed.
 * @param since how long it has been in this state, or since it last made progress, ms.
 * @param limit how long it may stay pending without progress, ms.
 */
export function decide(state: ServiceState | undefined, since: number, limit: number): WatchAction {
  if (state === undefined || state === "RUNNING") return "none";
  if (!state.endsWith("_PENDING")) return "restart";
  return since < limit ? "wait" : "report-stuck";
}

/**
 * Whether a change of its state leads to a query before the next tick. Not within one interval after an attempt: a
 * service that crashes immediately would be restarted in a tight loop.
 *
 * @param sinceAttempt how long ago the last attempt ended, ms.
 */
export function queriesAtOnce(sinceAttempt: number, interval: number): boolean {
  return sinceAttempt >= interval;
}
