/**
 * How the agent is registered as a service. Pure.
 *
 * @module
 */
import { win32 } from "node:path";
import { LOCAL_SYSTEM } from "./account.ts";
import type { ServiceAgent } from "./agent_arguments.ts";
import { commandLine, splitServiceLine } from "./command_line.ts";

/**
 * When a service starts: with Windows, a while after that, by hand, or not at all; as Windows' number (winnt.h) and in
 * the words of `sc` and NSSM.
 */
export const START_TYPES = {
  automatic: { number: 2, sc: "auto", nssm: "SERVICE_AUTO_START" },
  delayed: { number: 2, sc: "delayed-auto", nssm: "SERVICE_DELAYED_AUTO_START" },
  manual: { number: 3, sc: "demand", nssm: "SERVICE_DEMAND_START" },
  disabled: { number: 4, sc: "disabled", nssm: "SERVICE_DISABLED" },
} as const;

/** One of {@linkcode START_TYPES}. */
export type StartType = keyof typeof START_TYPES;

/** What Windows does when a service fails. */
export interface Recovery {
  /** How long to wait before the first restart, the second, the third and all that follow, ms. */
  restartAfter: readonly number[];
  /** After how long without a failure the count of restarts begins again, s. */
  resetAfter: number;
  /** Whether a stop with an exit code other than 0 is a failure too, and not only a crash. */
  onErrors: boolean;
}

/** A service as it is registered. */
export interface Registration {
  /** The program and its arguments. */
  commandLine: string;
  /** The service's name in services.msc. */
  displayName: string;
  /** The service's description in services.msc. */
  description: string;
  /** The account it runs under: `LocalSystem`, `NT AUTHORITY\LocalService`, `DOMAIN\user`, … */
  account: string;
  /** When it starts. */
  start: StartType;
  /** What Windows does when it fails. */
  recovery: Recovery;
}

/** A registration as it was read; settings that this system does not know are absent. */
export type FoundRegistration =
  & Pick<Registration, "commandLine" | "displayName" | "account" | "start">
  & Partial<Registration>;

/** What a user asks of a registration; what is absent keeps its value, or has its default in a new one. */
export interface RegistrationRequest {
  displayName?: string | undefined;
  account?: string | undefined;
  start?: StartType | undefined;
}

/** The default name of the service. */
export const SERVICE_NAME = "icinga-warden";

/** The default display name: Windows refuses two services with the same one. */
export function defaultDisplayName(name: string): string {
  return name === SERVICE_NAME ? "Icinga Warden" : `Icinga Warden (${name})`.slice(0, 256);
}

/** Restarts after 5 s, 30 s, then 60 s each time; the count begins again after a day; on errors as on crashes. */
export const RECOVERY: Recovery = {
  restartAfter: [5_000, 30_000, 60_000],
  resetAfter: 24 * 60 * 60,
  onErrors: true,
};

/**
 * The registration that is wanted of a service that runs the agent.
 *
 * @param found the registration that is there.
 */
export function wantedRegistration(
  name: string,
  { args, files: { exe } }: ServiceAgent,
  request: RegistrationRequest,
  found?: FoundRegistration,
): Registration {
  return {
    commandLine: commandLine(exe, args),
    displayName: request.displayName ?? found?.displayName ?? defaultDisplayName(name),
    description: "Keeps the Icinga 2 agent service running and hosts daemons of your own.",
    account: request.account ?? found?.account ?? LOCAL_SYSTEM,
    start: request.start ?? found?.start ?? "delayed",
    recovery: RECOVERY,
  };
}

/** What runs as a service: the agent itself, NSSM with the agent in it, or another program. */
export type ServiceKind = "native" | "nssm" | "other";

/**
 * The kind of a service by its command line.
 *
 * @param exe the exe of this agent.
 */
export function kindOfService(line: string, exe: string): ServiceKind {
  const program = programOf(line);
  if (/^nssm(64|32)?\.exe$/i.test(win32.basename(program))) return "nssm";
  return isAgent(program, exe) ? "native" : "other";
}

/** Whether a program is an agent's exe by its name: it is the name of this `exe`, or begins with icinga-warden. */
export function isAgent(program: string, exe: string): boolean {
  const name = win32.basename(program).toLowerCase();
  return name === win32.basename(exe).toLowerCase() || name.startsWith("icinga-warden");
}

/** The program in a command line. */
export function programOf(line: string): string {
  return splitServiceLine(line)[0] ?? "";
}
