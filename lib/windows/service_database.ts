/**
 * The database of the service control manager: its interface, and waiting for what it was asked for.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { FoundRegistration, Registration } from "./registration.ts";
import { isPending, STATE, type StateNumber } from "./service_status.ts";

/** The state of a service (`SERVICE_STATUS_PROCESS`). */
export interface QueriedStatus {
  /** What it is doing. */
  state: StateNumber;
  /** Its process; 0 when there is none. */
  pid: number;
  /** Windows' code for how it ended; 1066: the service has a code of its own. */
  exitCode: number;
  /** The service's own code for how it ended. */
  ownCode: number;
}

/**
 * The database of the service control manager. Every call but the queries throws a `WindowsError` when it
 * fails.
 */
export interface ServiceDatabase {
  /** Insists on the rights of an administrator: a `WindowsError` of code 5 when this process has not. */
  requireAdministrator(): void;
  /** The names of all services. */
  names(): string[];
  /** The registration of a service; undefined when it is not installed. */
  find(name: string): FoundRegistration | undefined;
  /** The state of a service; undefined when it is not installed. */
  query(name: string): QueriedStatus | undefined;
  /**
   * Registers a service, and returns the settings that this system does not know.
   *
   * @param password of an account that has one.
   */
  create(name: string, registration: Registration, password?: string): string[];
  /** Changes the registration of a service; else as {@linkcode create}. */
  change(name: string, registration: Registration, password?: string): string[];
  /** Has a service run as an account with its password from its next start on. */
  setAccount(name: string, account: string, password: string): void;
  /** Marks a service for deletion: it goes once it has stopped and no program has it open. */
  remove(name: string): void;
  /** Starts a service; it may be starting still afterwards. */
  start(name: string): void;
  /** Asks a service to stop; it may be stopping still afterwards. */
  stop(name: string): void;
}

/** How often a service is queried while it is waited for, ms. */
const POLL = 200;

/** How a wait for a state ended: `failed` in another state, `late` not in time, `gone` not installed any more. */
export type WaitOutcome = "reached" | "failed" | "late" | "gone";

/** The states that are waited for. */
type WantedState = typeof STATE.running | typeof STATE.stopped;

/** A database, and the clock to wait with. */
interface Waiting {
  readonly database: ServiceDatabase;
  readonly clock: Clock;
}

/** Waits at most `limit` ms until a service runs or has stopped. */
export async function awaitState(
  { database, clock }: Waiting,
  name: string,
  wanted: WantedState,
  limit: number,
): Promise<WaitOutcome> {
  return await poll(clock, limit, () => outcomeOf(database.query(name), wanted)) ?? "late";
}

/** How a wait ended with this state; undefined: wait on. */
function outcomeOf(
  status: QueriedStatus | undefined,
  wanted: WantedState,
): WaitOutcome | undefined {
  if (!status) return "gone";
  if (status.state === wanted) return "reached";
  return wanted === STATE.running && !isPending(status.state) ? "failed" : undefined;
}

/** Waits at most `limit` ms until a service is in no pending state. */
export async function awaitSettled(
  { database, clock }: Waiting,
  name: string,
  limit: number,
): Promise<void> {
  const isSettled = () => !isPending(database.query(name)?.state ?? STATE.stopped) || undefined;
  await poll(clock, limit, isSettled);
}

/** Waits at most `limit` ms until no service of this name is there any more; false when it still is. */
export async function awaitGone(
  { database, clock }: Waiting,
  name: string,
  limit: number,
): Promise<boolean> {
  return await poll(clock, limit, () => database.find(name) === undefined || undefined) ?? false;
}

/** Looks until there is something; undefined when there is nothing after `limit` ms. */
async function poll<T>(
  clock: Clock,
  limit: number,
  look: () => T | undefined,
): Promise<T | undefined> {
  for (const end = clock.now() + limit;; await clock.sleep(POLL)) {
    const seen = look();
    if (seen !== undefined || clock.now() >= end) return seen;
  }
}
