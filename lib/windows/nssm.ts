/**
 * The agent under NSSM, the Non-Sucking Service Manager (https://nssm.cc): what NSSM is to be told. Pure; the
 * parameters are those of its page "Usage".
 *
 * @module
 */
import { LOCAL_SYSTEM } from "./account.ts";
import type { CommandWords } from "./as_commands.ts";
import { PASSWORD } from "./as_commands.ts";
import { quoteArgument } from "./command_line.ts";
import { defaultDisplayName, DESCRIPTION, RECOVERY } from "./registration.ts";

/**
 * How long NSSM waits after its Ctrl+C before it goes on to harsher means, ms: the daemons' grace of 5 s, and as much
 * again for the rest.
 */
const STOP_PATIENCE = 10_000;

/** The agent as NSSM is to run it. */
export interface NssmService {
  /** The service's name. */
  name: string;
  exe: string;
  /** The agent's arguments, `run` first. */
  args: readonly string[];
  /** The folder that it runs in. */
  home: string;
  displayName?: string | undefined;
  account?: string | undefined;
  /** Whether the account has a password, which stands as stars: nothing shows it, not even a list of processes. */
  hasPassword?: boolean;
}

/** What one parameter of NSSM is to be; of those with two words the second says for which case it counts. */
export interface NssmSetting {
  parameter: readonly string[];
  value: string;
}

/**
 * The settings of a service, in the order in which they are to be set.
 *
 * NSSM starts the agent anew whatever it exits with; of a crash loop NSSM itself makes longer and longer pauses
 * (`AppThrottle`). It stops the agent by Ctrl+C, for which the agent needs a console of its own (`AppNoConsole 0`).
 */
export function nssmSettings(service: NssmService): NssmSetting[] {
  const { name, exe, args, home, account = LOCAL_SYSTEM } = service;
  const displayName = service.displayName ?? defaultDisplayName(name);
  const rows: [parameter: string, value: string][] = [
    ["Application", exe],
    ["AppParameters", args.map(quoteArgument).join(" ")],
    ["AppDirectory", home],
    ["DisplayName", displayName],
    ["Description", DESCRIPTION],
    ["Start", "SERVICE_DELAYED_AUTO_START"],
    ["ObjectName", account],
    ["Type", "SERVICE_WIN32_OWN_PROCESS"],
    ["AppNoConsole", "0"],
    ["AppStopMethodSkip", "0"],
    ["AppStopMethodConsole", String(STOP_PATIENCE)],
    ["AppExit Default", "Restart"],
    ["AppRestartDelay", String(RECOVERY.restartAfter[0])],
    ["AppThrottle", "10000"],
  ];
  return rows.map(([parameter, value]) => ({ parameter: parameter.split(" "), value }));
}

/**
 * The commands that install the agent under NSSM.
 *
 * @param nssm NSSM's path.
 */
export function nssmInstallCommands(nssm: string, service: NssmService): CommandWords[] {
  return [
    nssmInstallCommand(nssm, service.name, service.exe),
    ...nssmSetCommands(nssm, service).map(({ command }) => command),
  ];
}

/** The command that makes a service. */
export function nssmInstallCommand(nssm: string, name: string, exe: string): CommandWords {
  return [nssm, "install", name, exe];
}

/** The commands that set every setting of a service, each with the parameter that it sets. */
export function nssmSetCommands(
  nssm: string,
  service: NssmService,
): { parameter: string; command: CommandWords }[] {
  return nssmSettings(service).map((setting) => {
    const isSecret = setting.parameter[0] === "ObjectName" && service.hasPassword;
    const command = nssmSetCommand(nssm, service.name, setting);
    return {
      parameter: setting.parameter.join(" "),
      command: isSecret ? [...command, PASSWORD] : command,
    };
  });
}

/** The command that sets a setting. */
export function nssmSetCommand(
  nssm: string,
  name: string,
  { parameter, value }: NssmSetting,
): CommandWords {
  return [nssm, "set", name, ...parameter, value];
}

/** The command that asks for a setting. */
export function nssmGetCommand(
  nssm: string,
  name: string,
  { parameter }: NssmSetting,
): CommandWords {
  return [nssm, "get", name, ...parameter];
}

/** What NSSM has printed: it writes UTF-16, a NUL for each second byte of Latin text. */
export function readNssmOutput(output: Uint8Array): string {
  const isWide = output.length > 1 && output.includes(0);
  return new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(output).replace(/^\ufeff/, "")
    .trim();
}
