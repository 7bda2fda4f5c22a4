/**
 * The database of the service control manager: its interface, and waiting for what it was asked for.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import { isPending, STATE, type StateNumber } from "./service_status.ts";

/** When a service starts: with the machine, a while after that, by hand, or not at all. */
export type StartType = "automatic" | "delayed" | "manual" | "disabled";

/** What Windows does when a service fails. */
export interface Recovery {
  /** How long to wait before the first restart, the second, the third and all that follow, ms. */
  restartAfter: readonly number[];
  /** After how long without a failure they are counted anew, s. */
  resetAfter: number;
  /** Whether a stop with an exit code other than 0 is a failure too, and not the process's death alone. */
  onErrors: boolean;
}

/** A service as it is registered. */
export interface Registration {
  /** The program and its arguments. */
  commandLine: string;
  /** What services.msc calls it. */
  displayName: string;
  /** What services.msc says of it. */
  description: string;
  /** Whom it runs as: `LocalSystem`, `NT AUTHORITY\LocalService`, `DOMAIN\user`, … */
  account: string;
  /** When it starts. */
  start: StartType;
  /** What Windows does when it fails. */
  recovery: Recovery;
}

/** A registration as it was read: a system that does not know a setting does not tell it. */
export type FoundRegistration =
  & Pick<Registration, "commandLine" | "displayName" | "account" | "start">
  & Partial<Registration>;

/** How a service stands. */
export interface ServiceStanding {
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
 * cannot do what it is asked.
 */
export interface ServiceDatabase {
  /** Insists on the rights of an administrator: a `WindowsError` of code 5 when this process has not. */
  requireAdministrator(): void;
  /** The names of all services. */
  names(): string[];
  /** How a service is registered; undefined when there is none of this name. */
  find(name: string): FoundRegistration | undefined;
  /** How a service stands; undefined when there is none of this name. */
  standing(name: string): ServiceStanding | undefined;
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
  /** Marks a service for deletion: it is gone once it has stopped and nobody has it open. */
  remove(name: string): void;
  /** Starts a service; it may be starting still afterwards. */
  start(name: string): void;
  /** Asks a service to stop; it may be stopping still afterwards. */
  stop(name: string): void;
}

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
