import type { Assignment } from "../daemon/protocol.ts";
import type { ThreadPolicy } from "./policy.ts";

/** A thread to keep running. */
export interface ThreadPlan {
  /** What the thread is to run. */
  assignment: Assignment;
  /** What its worker may do. */
  permissions: Deno.PermissionOptionsObject;
  /** The name of the pool that it runs in. */
  pool: string;
  /** How it is supervised. */
  policy: ThreadPolicy;
}

/** Whether two plans come to the same. A log level of its own is no reason to restart a daemon. */
export function samePlan(a: ThreadPlan, b: ThreadPlan): boolean {
  const essence = ({ assignment, ...rest }: ThreadPlan) =>
    JSON.stringify([{ ...assignment, logLevel: undefined }, rest]);
  return essence(a) === essence(b);
}
