/**
 * Waiting for what the service control manager has been asked for.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { ServiceDatabase, ServiceStanding } from "./service_database.ts";
import { isPending, STATE } from "./service_status.ts";

/** How often the service control manager is asked, ms. */
const POLL = 200;

/** How a wait ended: as wished, in another state, or not within its time. */
export type Outcome = "reached" | "failed" | "late" | "gone";

/** What a standing says of a service that is to come to a state; undefined: wait on. Pure. */
export function outcomeOf(
  standing: ServiceStanding | undefined,
  wanted: typeof STATE.running | typeof STATE.stopped,
): Outcome | undefined {
  if (!standing) return "gone";
  if (standing.state === wanted) return "reached";
  return wanted === STATE.running && !isPending(standing.state) ? "failed" : undefined;
}

/** What to wait with. */
export interface Patience {
  clock: Clock;
  /** For how long, ms. */
  limit: number;
}

/** Waits until a service runs or has stopped. */
export async function awaitState(
  database: ServiceDatabase,
  name: string,
  wanted: typeof STATE.running | typeof STATE.stopped,
  { clock, limit }: Patience,
): Promise<Outcome> {
  for (const end = clock.now() + limit;; await clock.sleep(POLL)) {
    const outcome = outcomeOf(database.standing(name), wanted);
    if (outcome) return outcome;
    if (clock.now() >= end) return "late";
  }
}

/** Waits until no service of this name is there any more; false when it still is. */
export async function awaitGone(
  database: ServiceDatabase,
  name: string,
  { clock, limit }: Patience,
): Promise<boolean> {
  for (const end = clock.now() + limit;; await clock.sleep(POLL)) {
    if (database.find(name) === undefined) return true;
    if (clock.now() >= end) return false;
  }
}

/** Programs that are known to keep services open, and so one that is marked for deletion from going. */
const HOLDERS = [
  "mmc.exe",
  "taskmgr.exe",
  "procexp.exe",
  "procexp64.exe",
  "processhacker.exe",
  "systeminformer.exe",
  "perfmon.exe",
  "eventvwr.exe",
  "servermanager.exe",
  "powershell.exe",
  "pwsh.exe",
];

/** The processes among `running` that may keep a service open: Windows does not tell which one does. Pure. */
export function suspects(running: readonly { pid: number; exe: string }[]): string[] {
  return running.filter(({ exe }) => HOLDERS.includes(exe.toLowerCase()))
    .map(({ pid, exe }) => `${exe} (process ${pid})`);
}
