/**
 * The steps of an installation: each changes something, and has the commands that do the same by hand.
 *
 * @module
 */
import { attempt, errorMessage } from "../../base/mod.ts";
import {
  type CommandWords,
  EVENT_SOURCE_KEY,
  EVENT_SOURCE_VALUES,
  foldersOf,
  type FoundRegistration,
  type Host,
  isBuiltin,
  keptExe,
  mayLogOn,
  needsPassword,
  nssmDrift,
  nssmSetCommand,
  nssmSettings,
  PASSWORD,
  pasteLine,
  readNssmOutput,
  type Registration,
  registrationDrift,
  requireProtectable,
  safePermissions,
  scCommands,
  type ServiceAgent,
  type SettingDrift,
  STATE,
  upgradeExe,
} from "../../windows/mod.ts";
import { print, printJson } from "../output.ts";
import type { ServiceOptions } from "./options.ts";

/** A step that changes the machine. */
export interface Step {
  /** The commands that do the same by hand. */
  commands: readonly CommandWords[];
  /** Does it. */
  run(): unknown;
}

/** An installation under way. */
export interface Installation {
  options: ServiceOptions;
  host: Host;
  /** The registration that is there; undefined: the service is not installed. */
  found: FoundRegistration | undefined;
  /** The agent that is wanted. */
  agent: ServiceAgent;
  /** The registration that is wanted. */
  wanted: Registration;
  /** The account's password, once it was asked for. */
  password?: string;
  /** Prints a line about what is done; with `--json` at the end. */
  say: (line: string) => void;
  /** Prints a warning; with `--json` at the end. */
  warn: (line: string) => void;
}

/** An installation that is planned, and not begun. */
export type Planned = Pick<Installation, "options" | "host" | "found" | "agent" | "wanted">;

/** How an installed service differs from what is wanted. */
export interface Drift {
  settings: readonly SettingDrift[];
  /** Whether the service runs a different exe. */
  exe: boolean;
  /** Where it does: the version of its exe, undefined where that does not tell, and of this one. */
  versions?: { found: string | undefined; wanted: string };
}

/** Does steps, one after the other. */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await step.run();
}

/** Prints the commands of steps: ready to paste into `cmd`, or with `--json` as arrays of words. */
export function showSteps(
  steps: readonly Pick<Step, "commands">[],
  { json }: Pick<ServiceOptions, "json">,
): void {
  const commands = steps.flatMap(({ commands }) => commands);
  if (json) return printJson(commands);
  for (const [program = "", ...args] of commands) print(pasteLine(program, args));
}

/**
 * With `--fix-permissions`: the folders of the agent get safe permissions, and what is inside inherits them.
 *
 * @param account the security identifier of the service's account, or its name where that is not known.
 * @throws {Error} when one of the folders is not the agent's alone.
 */
export function permissionSteps(
  { options, agent: { files }, wanted, host, say }: Installation,
  account: string | undefined,
): Step[] {
  if (!options.fixPermissions) return [];
  const folders = foldersOf(files);
  requireProtectable(folders);
  const grants = safePermissions(account).map(({ sid, icacls }) =>
    `${sid.startsWith("S-") ? "*" : ""}${sid}:${icacls}`
  );
  return folders.map((folder) => ({
    commands: [
      ["icacls.exe", folder, "/setowner", "*S-1-5-32-544", "/T", "/C"],
      ["icacls.exe", folder, "/inheritance:r", "/grant:r", ...grants],
      ["icacls.exe", `${folder}\\*`, "/reset", "/T", "/C"],
    ],
    run() {
      host.protect(folder, wanted.account);
      say(`Only Administrators, SYSTEM and the service's account can write into ${folder} now`);
    },
  }));
}

/**
 * The steps that install a service, or end its drift. The exe comes first: when the new one does not run, the old
 * registration is left too.
 */
export async function installSteps(installation: Installation, drift?: Drift): Promise<Step[]> {
  const { options, host } = installation;
  const isNative = options.runner === "native";
  const isChanged = !drift || drift.settings.length > 0;
  const change = isNative
    ? [registrationStep(installation), logonStep(installation)]
    : nssmSteps(installation, drift);
  const needsSource = isNative && !(drift && host.events.isKnown());
  return [
    ...(drift?.exe ? [await upgradeStep(installation)] : []),
    ...(isChanged ? change : []),
    ...(needsSource ? [eventSourceStep(installation)] : []),
  ];
}

async function upgradeStep(
  { options: { name, files: { exe: from } }, agent, host, say }: Installation,
): Promise<Step> {
  const { database, files } = host;
  const to = agent.files.exe;
  const runs = database.query(name)?.state !== STATE.stopped;
  const kept = await files.exists(to) ? [["move", "/y", to, keptExe({ from, to })]] : [];
  const control = (verb: string) => runs ? [["net.exe", verb, name]] : [];
  return {
    commands: [...control("stop"), ...kept, ["copy", "/y", from, to], ...control("start")],
    run: () => upgradeExe({ host, service: name, from, to, say }),
  };
}

/** Windows' own accounts need an empty password where the service had another account before. */
function registrationStep(installation: Installation): Step {
  const { options: { name, password: isAsked }, host: { database }, found, wanted } = installation;
  const hasPassword = found ? isAsked : needsPassword(wanted.account);
  return {
    commands: scCommands(found ? "config" : "create", name, wanted, hasPassword),
    run() {
      const { password = found && isBuiltin(wanted.account) ? "" : undefined, warn } = installation;
      database[found ? "change" : "create"](name, wanted, password);
      const complete = () => {
        const unknown = database.complete(name, wanted);
        if (unknown.length > 0) warn(`This system does not know: ${unknown.join(", ")}`);
      };
      const step: Step = { commands: [], run: complete };
      return (found ? step : orTakenBack(step, installation)).run();
    },
  };
}

function logonStep({ wanted: { account }, host, warn }: Installation): Step {
  return {
    commands: mayLogOn(account)
      ? []
      : [["rem", `'${account}' gets the right to log on as a service, as in secpol.msc`]],
    run: () =>
      attempt(() => host.grantLogon(account), (why) => warn(`${why}; grant it in secpol.msc`)),
  };
}

/** Without its source a service runs as well; its events then have a note that their text was not found. */
function eventSourceStep({ host: { events }, warn }: Installation): Step {
  const add = ["reg.exe", "add", `HKLM\\${EVENT_SOURCE_KEY}`, "/v"];
  return {
    commands: Object.entries(EVENT_SOURCE_VALUES).map(([name, value]) => {
      const type = typeof value === "string" ? "REG_EXPAND_SZ" : "REG_DWORD";
      return [...add, name, "/t", type, "/d", String(value), "/f"];
    }),
    run: () =>
      attempt(
        () => events.isKnown() || events.register(),
        (why) => warn(`No events in the Windows event log: ${why}`),
      ),
  };
}

/** Sets the parameters of NSSM: all of them in a new service, else those that have drifted. */
function nssmSteps(installation: Installation, drift: Drift | undefined): Step[] {
  const { options: { name }, agent, host, wanted } = installation;
  const nssm = nssmProgram(installation);
  const command = (words: CommandWords): Step => ({
    commands: [words],
    run: () => runNssm(host, words),
  });
  const drifted = drift?.settings.map(({ setting }) => setting);
  const settings = nssmSettings(wanted, agent).filter(([parameter]) =>
    drifted?.includes(parameter) ?? true
  );
  // An account with a password is set by its own step.
  const isSecret = needsPassword(wanted.account);
  const sets = settings.filter(([parameter]) => !isSecret || parameter !== "ObjectName")
    .map(([parameter, value]) => command(nssmSetCommand(nssm, name, parameter, value)));
  const setsAccount = drifted?.includes("password") ?? isSecret;
  const account = setsAccount ? [nssmAccountStep(installation)] : [];
  if (drift) return [...sets, ...account];
  const verify: Step = { commands: [], run: () => requireInstalled(installation) };
  const others = [...sets, verify, ...account].map((step) => orTakenBack(step, installation));
  return [command([nssm, "install", name, agent.files.exe]), ...others];
}

/** NSSM's program: the file that was looked at, where it was found. */
function nssmProgram({ options: { nssm }, agent: { files } }: Installation): string {
  return files.runner ?? nssm;
}

/** A step after that which has made a service: when it fails, the service is removed. */
function orTakenBack(step: Step, { options: { name }, host, warn }: Installation): Step {
  const run = async () => {
    try {
      await step.run();
    } catch (error) {
      if (host.database.find(name)) attempt(() => host.database.remove(name), warn);
      throw error;
    }
  };
  return { ...step, run };
}

function requireInstalled({ options: { name }, host }: Installation): void {
  if (host.database.find(name)) return;
  throw new Error(`NSSM reports success, but no service '${name}' is there`);
}

/** Sets an account with a password without NSSM: everybody can read a command line. */
function nssmAccountStep(installation: Installation): Step {
  const { options: { name }, wanted: { account }, host } = installation;
  const nssm = nssmProgram(installation);
  return {
    commands: [nssmSetCommand(nssm, name, "ObjectName", account, PASSWORD)],
    run() {
      host.database.setAccount(name, account, installation.password!);
      logonStep(installation).run();
    },
  };
}

/** The settings of an installed service that are otherwise than wanted; what this system does not report is left out. */
export function settingsDrift(
  { options: { name, runner }, host, wanted, agent, found }: Planned,
): SettingDrift[] {
  if (!found) return [];
  return runner === "nssm"
    ? nssmDrift(found, host.nssmSettings(name), wanted, agent)
    : registrationDrift(found, wanted);
}

/** @throws {Error} when NSSM cannot be run or fails. */
async function runNssm(host: Host, command: CommandWords): Promise<Uint8Array> {
  const [program = "", ...args] = command;
  const { code, output } = await host.run(command).catch((error) => {
    throw new Error(`Cannot run ${program}: ${errorMessage(error)}; name nssm.exe with --nssm`);
  });
  if (code === 0) return output;
  const line = pasteLine(program, args);
  throw new Error(`NSSM refused (exit code ${code}): ${line}: ${readNssmOutput(output)}`);
}
