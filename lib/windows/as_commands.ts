/**
 * What is done by calls into Windows, as commands that do the same: for those who want to see it, or to do it by
 * hand. Pure; each command is its program and arguments, for {@linkcode pasteLine}.
 *
 * @module
 */
import { mayLogOn } from "./account.ts";
import { EVENT_SOURCE_KEY, EVENT_SOURCE_VALUES } from "./event_log.ts";
import type { Registration, StartType } from "./service_database.ts";
import { safePermissions } from "./home_safety.ts";

/** A program and its arguments. */
export type CommandWords = readonly string[];

/** What stands in the place of a password. */
export const PASSWORD = "********";

const START: Readonly<Record<StartType, string>> = {
  automatic: "auto",
  delayed: "delayed-auto",
  manual: "demand",
  disabled: "disabled",
};

/** Registers a service; `hasPassword`: the account has one, which stands as stars. */
export function createCommands(
  name: string,
  registration: Registration,
  hasPassword = false,
): CommandWords[] {
  return [
    ["sc.exe", "create", name, ...basics(registration, hasPassword)],
    ...otherCommands(name, registration),
  ];
}

/** Changes the registration of a service; else as {@linkcode createCommands}. */
export function changeCommands(
  name: string,
  registration: Registration,
  hasPassword = false,
): CommandWords[] {
  return [
    ["sc.exe", "config", name, ...basics(registration, hasPassword)],
    ...otherCommands(name, registration),
  ];
}

/** Stops a service and removes it. */
export function removeCommands(name: string): CommandWords[] {
  return [controlCommand("stop", name), ["sc.exe", "delete", name]];
}

/** Starts or stops a service. */
export function controlCommand(action: "start" | "stop", name: string): CommandWords {
  return ["net.exe", action, name];
}

/**
 * Puts an exe in the place of a service's own.
 *
 * @param runs whether the service runs: it is stopped before and started afterwards.
 * @param kept where the old exe goes; undefined when there is none.
 */
export function upgradeCommands(
  name: string,
  { from, to, kept, runs }: { from: string; to: string; kept: string | undefined; runs: boolean },
): CommandWords[] {
  return [
    ...(runs ? [controlCommand("stop", name)] : []),
    ...(kept === undefined ? [] : [["move", "/y", to, kept]]),
    ["copy", "/y", from, to],
    ...(runs ? [controlCommand("start", name)] : []),
  ];
}

/** Removes files and folders with all that is in them. */
export function purgeCommands(paths: readonly string[]): CommandWords[] {
  const isFolder = (path: string) => /\\(?:daemons|logs)$/i.test(path);
  return paths.map((path) => isFolder(path) ? ["rmdir", "/s", "/q", path] : ["del", "/q", path]);
}

/** Says what has no command: that an account is let to log on as a service. */
export function logonCommands(account: string): CommandWords[] {
  return mayLogOn(account)
    ? []
    : [["rem", `'${account}' gets the right to log on as a service, as in secpol.msc`]];
}

/** Makes the source of the agent's events known. */
export function eventSourceCommands(): CommandWords[] {
  return Object.entries(EVENT_SOURCE_VALUES).map(([name, value]) => [
    ...["reg.exe", "add", `HKLM\\${EVENT_SOURCE_KEY}`, "/v", name],
    ...["/t", typeof value === "string" ? "REG_EXPAND_SZ" : "REG_DWORD"],
    ...["/d", String(value), "/f"],
  ]);
}

/** Makes the source of the agent's events unknown. */
export function forgetEventSourceCommands(): CommandWords[] {
  return [["reg.exe", "delete", `HKLM\\${EVENT_SOURCE_KEY}`, "/f"]];
}

/**
 * Sets the permissions that `--fix-permissions` sets on a folder, and has what is inside inherit them.
 *
 * @param account the security identifier of the account that the service runs as, or its name where it is not known.
 */
export function permissionCommands(folder: string, account?: string): CommandWords[] {
  const grants = safePermissions(account).map(({ sid, icacls }) =>
    `${sid.startsWith("S-") ? "*" : ""}${sid}:${icacls}`
  );
  return [
    ["icacls.exe", folder, "/setowner", "*S-1-5-32-544", "/T", "/C"],
    ["icacls.exe", folder, "/inheritance:r", "/grant:r", ...grants],
    ["icacls.exe", `${folder}\\*`, "/reset", "/T", "/C"],
  ];
}

function basics(
  { commandLine, start, account, displayName }: Registration,
  hasPassword: boolean,
): string[] {
  return [
    ...["binPath=", commandLine],
    ...["start=", START[start]],
    ...["obj=", account],
    ...(hasPassword ? ["password=", PASSWORD] : []),
    ...["DisplayName=", displayName],
  ];
}

function otherCommands(name: string, { description, recovery }: Registration): CommandWords[] {
  const { restartAfter, resetAfter, onErrors } = recovery;
  const actions = restartAfter.map((delay) => `restart/${delay}`).join("/");
  return [
    ["sc.exe", "description", name, description],
    ["sc.exe", "failure", name, "reset=", String(resetAfter), "actions=", actions],
    ["sc.exe", "failureflag", name, onErrors ? "1" : "0"],
  ];
}
