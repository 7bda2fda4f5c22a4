/**
 * The table of a registration's settings: how each is worded, and how `sc.exe` and NSSM (the Non-Sucking Service
 * Manager, https://nssm.cc, page "Usage") set it. Pure.
 *
 * @module
 */
import { sameAccount } from "./account.ts";
import type { ServiceAgent } from "./agent_arguments.ts";
import { type CommandWords, PASSWORD, quoteArgument } from "./command_line.ts";
import {
  type FoundRegistration,
  type Recovery,
  type Registration,
  START_TYPES,
} from "./registration.ts";

/** A setting that has another value than wanted. */
export interface SettingDrift {
  setting: string;
  found: string;
  wanted: string;
}

/** A row of the table. */
interface Setting {
  /** The setting's name. */
  name: string;
  /** The value in words; undefined when this system does not report it. */
  text: string | undefined;
  /** The options of `sc create` and `sc config`. */
  options?: readonly string[];
  /** Commands of `sc` and their options, for what those two cannot set. */
  commands?: readonly (readonly [verb: string, ...options: string[]])[];
  /** The parameters of NSSM; of those with two words the second says in which case the value counts. */
  nssm: Readonly<Record<string, string>>;
}

/**
 * NSSM restarts the agent whatever its exit code is, in a crash loop (`AppThrottle`: it ran for less than 10 s) with
 * longer and longer pauses. It stops the agent by Ctrl+C, for which the agent needs a console (`AppNoConsole 0`), and
 * waits `AppStopMethodConsole` ms before it ends the process: a stop takes 12 s at most, more on a busy machine.
 */
const NSSM_ONLY = {
  "Type": "SERVICE_WIN32_OWN_PROCESS",
  "AppExit Default": "Restart",
  "AppThrottle": "10000",
  "AppNoConsole": "0",
  "AppStopMethodSkip": "0",
  "AppStopMethodConsole": "20000",
} as const;

/** The table. Without an agent it has no parameters of NSSM for the command line. */
function settingsOf(
  registration: FoundRegistration,
  { agent, hasPassword }: { agent?: ServiceAgent; hasPassword?: boolean } = {},
): Setting[] {
  const { commandLine, start, account, displayName, description, recovery } = registration;
  const { restartAfter, resetAfter, onErrors } = recovery ?? { restartAfter: [] };
  const actions = restartAfter.map((delay) => `restart/${delay}`).join("/");
  const password = hasPassword ? ["password=", PASSWORD] : [];
  return [
    {
      name: "command line",
      text: commandLine,
      options: ["binPath=", commandLine],
      nssm: agent ? nssmCommandLine(agent) : {},
    },
    {
      name: "display name",
      text: displayName,
      options: ["DisplayName=", displayName],
      nssm: { DisplayName: displayName },
    },
    {
      name: "description",
      text: description,
      commands: [["description", description ?? ""]],
      nssm: { Description: description ?? "" },
    },
    {
      name: "account",
      text: account,
      options: ["obj=", account, ...password],
      nssm: { ObjectName: account },
    },
    {
      name: "start",
      text: start,
      options: ["start=", START_TYPES[start].sc],
      nssm: { Start: START_TYPES[start].nssm },
    },
    {
      name: "recovery",
      text: recovery && describeRecovery(recovery),
      commands: [
        ["failure", "reset=", String(resetAfter), "actions=", actions],
        ["failureflag", onErrors ? "1" : "0"],
      ],
      nssm: { AppRestartDelay: String(restartAfter[0]), ...NSSM_ONLY },
    },
  ];
}

function nssmCommandLine({ args, files: { exe, home } }: ServiceAgent): Record<string, string> {
  const parameters = args.map(quoteArgument).join(" ");
  return { Application: exe, AppParameters: parameters, AppDirectory: home };
}

/** Recovery actions in a few words. */
export function describeRecovery({ restartAfter, resetAfter, onErrors }: Recovery): string {
  if (restartAfter.length === 0) return "none";
  const delays = restartAfter.map((delay) => `${delay / 1000} s`).join(", ");
  const when = onErrors ? "crashes and errors" : "crashes";
  return `restart after ${delays} on ${when}, counted anew after ${resetAfter} s`;
}

/** The settings of a registration that have other values than wanted; what this system does not report is left out. */
export function registrationDrift(
  found: FoundRegistration,
  wanted: Registration,
): SettingDrift[] {
  const isSame = sameAccount(found.account, wanted.account);
  const rows = settingsOf(isSame ? { ...found, account: wanted.account } : found);
  return settingsOf(wanted)
    .flatMap(({ name, text = "" }, i) => drift(name, rows[i]!.text, text));
}

/** What differs of one setting; nothing where it is not known. */
function drift(setting: string, found: string | undefined, wanted: string): SettingDrift[] {
  return found === undefined || found === wanted ? [] : [{ setting, found, wanted }];
}

/**
 * The commands that register a service or change its registration.
 *
 * @param hasPassword whether the account's password is set too; it is shown as stars.
 */
export function scCommands(
  verb: "create" | "config",
  name: string,
  registration: Registration,
  hasPassword = false,
): CommandWords[] {
  const settings = settingsOf(registration, { hasPassword });
  return [
    ["sc.exe", verb, name, ...settings.flatMap(({ options = [] }) => options)],
    ...settings.flatMap(({ commands = [] }) => commands)
      .map(([verb, ...options]) => ["sc.exe", verb, name, ...options]),
  ];
}

/** The parameters of NSSM for an agent with their values, in the order in which they are set. */
export function nssmSettings(
  registration: Registration,
  agent: ServiceAgent,
): [parameter: string, value: string][] {
  return settingsOf(registration, { agent }).flatMap(({ nssm }) => Object.entries(nssm));
}

/** The parameters that NSSM has otherwise than wanted; `settings` are those that it keeps itself. */
export function nssmDrift(
  found: FoundRegistration,
  settings: Readonly<Record<string, string>> | undefined,
  wanted: Registration,
  agent: ServiceAgent,
): SettingDrift[] {
  const { displayName, description, account, start } = found;
  const told: Readonly<Record<string, string | undefined>> = {
    ...settings,
    DisplayName: displayName,
    Description: description,
    ObjectName: sameAccount(account, wanted.account) ? wanted.account : account,
    Start: START_TYPES[start].nssm,
  };
  return nssmSettings(wanted, agent)
    .flatMap(([parameter, value]) => drift(parameter, told[parameter], value));
}

/** A command of NSSM that sets a parameter of a service. */
export function nssmSetCommand(
  nssm: string,
  service: string,
  parameter: string,
  ...values: string[]
): CommandWords {
  return [nssm, "set", service, ...parameter.split(" "), ...values];
}

/** The text that NSSM has printed: UTF-16 (2.24) where it holds a NUL, as Latin text then does, else (2.24-101) Latin. */
export function readNssmOutput(output: Uint8Array): string {
  const encoding = output.includes(0) ? "utf-16le" : "windows-1252";
  return new TextDecoder(encoding).decode(output).trim();
}
