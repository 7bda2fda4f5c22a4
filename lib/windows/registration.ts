/**
 * How the agent is registered as a service, and how a registration differs from that. Pure.
 *
 * @module
 */
import { win32 } from "node:path";
import { LOCAL_SYSTEM, sameAccount } from "./account.ts";
import type { ServiceAgent } from "./agent_arguments.ts";
import { commandLine, splitServiceLine } from "./command_line.ts";
import type { FoundRegistration, Recovery, Registration } from "./service_database.ts";

/** The name of the service unless told. */
export const SERVICE_NAME = "icinga-warden";

/** What services.msc calls a service unless told: Windows lets no two services bear the same. */
export function defaultDisplayName(name: string): string {
  return name === SERVICE_NAME ? "Icinga Warden" : `Icinga Warden (${name})`.slice(0, 256);
}

/** What services.msc says of the service. */
export const DESCRIPTION =
  "Keeps the Icinga 2 agent service running and hosts daemons of your own.";

/** Restarted after 5 s, 30 s, then 60 s each time; counted anew after a day; errors count as crashes do. */
export const RECOVERY: Recovery = {
  restartAfter: [5_000, 30_000, 60_000],
  resetAfter: 24 * 60 * 60,
  onErrors: true,
};

/** What is asked of a registration; what is left out stays as it is, or has its default where nothing is yet. */
export interface Wish {
  displayName?: string | undefined;
  account?: string | undefined;
}

/** Whose service one is that is there: the agent's own, NSSM's with the agent in it, or another program's. */
export type ServiceKind = "native" | "nssm" | "other";

/** Says whose a service is by its command line. */
export function kindOfService(line: string, exe: string): ServiceKind {
  const program = programOf(line);
  if (/^nssm(64|32)?\.exe$/i.test(win32.basename(program))) return "nssm";
  return isAgent(program, exe) ? "native" : "other";
}

/** Whether a program is an agent's exe by its name, given the exe that asks. */
export function isAgent(program: string, exe: string): boolean {
  const name = win32.basename(program).toLowerCase();
  return name === win32.basename(exe).toLowerCase() || name.startsWith("icinga-warden");
}

/** The program in a command line. */
export function programOf(line: string): string {
  return splitServiceLine(line)[0] ?? "";
}

/**
 * The registration that is wanted of a service of this name that runs the agent.
 *
 * @param found what is there.
 */
export function wantedRegistration(
  name: string,
  { args, files: { exe } }: ServiceAgent,
  wish: Wish,
  found?: FoundRegistration,
): Registration {
  return {
    commandLine: commandLine(exe, args),
    displayName: wish.displayName ?? found?.displayName ?? defaultDisplayName(name),
    description: DESCRIPTION,
    account: wish.account ?? found?.account ?? LOCAL_SYSTEM,
    start: "delayed",
    recovery: RECOVERY,
  };
}

/** A setting that is not as wanted. */
export interface Difference {
  setting: string;
  found: string;
  wanted: string;
}

/** What differs between a registration that is there and the one that is wanted; what is not told does not. */
export function differences(found: FoundRegistration, wanted: Registration): Difference[] {
  const rows: [setting: string, found: string | undefined, wanted: string][] = [
    ["command line", found.commandLine, wanted.commandLine],
    ["display name", found.displayName, wanted.displayName],
    ["description", found.description, wanted.description],
    [
      "account",
      sameAccount(found.account, wanted.account) ? wanted.account : found.account,
      wanted.account,
    ],
    ["start", found.start, wanted.start],
    [
      "recovery",
      found.recovery && describeRecovery(found.recovery),
      describeRecovery(wanted.recovery),
    ],
  ];
  return rows.flatMap(([setting, found, wanted]) =>
    found === undefined || found === wanted ? [] : [{ setting, found, wanted }]
  );
}

/** Recovery actions in a few words. */
export function describeRecovery({ restartAfter, resetAfter, onErrors }: Recovery): string {
  if (restartAfter.length === 0) return "none";
  const delays = restartAfter.map((delay) => `${delay / 1000} s`).join(", ");
  const when = onErrors ? "crashes and errors" : "crashes";
  return `restart after ${delays} on ${when}, counted anew after ${resetAfter} s`;
}
