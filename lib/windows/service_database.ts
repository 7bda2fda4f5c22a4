/**
 * The database of the service control manager: its interface, and waiting for a state.
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
  /** Other services may run in the same process. */
  sharesProcess?: true;
  /** Windows' exit code; 1066: see `ownCode`. */
  exitCode: number;
  /** The service's own exit code. */
  ownCode: number;
}

/**
 * The database of the service control manager. Every call but the queries throws a `WindowsError` when it
 * fails.
 */
export interface ServiceDatabase {
  /** @throws {WindowsError} of code 5 when this process does not have the rights of an administrator. */
  requireAdministrator(): void;
  /** The names of all services. */
  names(): string[];
  /** The registration of a service; undefined when it is not installed. */
  find(name: string): FoundRegistration | undefined;
  /** The state of a service; undefined when it is not installed. */
  query(name: string): QueriedStatus | undefined;
  /**
   * Registers a service; {@linkcode complete} sets the rest.
   *
   * @param password of an account that has one.
   */
  create(name: string, registration: Registration, password?: string): void;
  /** Changes the registration of a service; else as {@linkcode create}. */
  change(name: string, registration: Registration, password?: string): void;
  /**
   * Sets what old versions of Windows lack: description, delayed start, recovery. Returns the settings that this system
   * lacks.
   */
  complete(name: string, registration: Registration): string[];
  /** Has a service run as an account with its password from its next start on. */
  setAccount(name: string, account: string, password: string): void;
  /** Marks a service for deletion. Windows deletes it when it has stopped and no program has it open. */
  remove(name: string): void;
  /** Starts a service; it may be starting still afterwards. */
  start(name: string): void;
  /** Asks a service to stop; it may be stopping still afterwards. */
  stop(name: string): void;
}

/** Time between two queries while waiting, ms. */
const POLL = 200;

/** Whether a service is in no pending state, or not installed. */
export function isSettled(state: StateNumber | undefined): boolean {
  return state === undefined || !isPending(state);
}

/** Whether a service has stopped, or is not installed. */
export function hasStopped(state: StateNumber | undefined): boolean {
  return state === undefined || state === STATE.stopped;
}

/**
 * Waits at most `limit` ms until a service is in a wanted state; returns its last status, undefined when it is not
 * installed.
 */
export async function awaitState(
  { database, clock }: { database: Pick<ServiceDatabase, "query">; clock: Clock },
  name: string,
  isWanted: (state: StateNumber | undefined) => boolean,
  limit: number,
): Promise<QueriedStatus | undefined> {
  for (const end = clock.now() + limit;; await clock.sleep(POLL)) {
    const status = database.query(name);
    if (isWanted(status?.state) || clock.now() >= end) return status;
  }
}
