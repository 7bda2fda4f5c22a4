import { LOCAL_SYSTEM, needsPassword } from "../../windows/account.ts";
import type { ServiceAgent } from "../../windows/agent_arguments.ts";
import {
  changeCommands,
  type CommandWords,
  controlCommand,
  createCommands,
  eventSourceCommands,
  forgetEventSourceCommands,
  logonCommands,
  permissionCommands,
  removeCommands,
  upgradeCommands,
} from "../../windows/as_commands.ts";
import { pasteLine } from "../../windows/command_line.ts";
import { foldersOf, requireProtectable } from "../../windows/home_safety.ts";
import type { Host } from "../../windows/host.ts";
import { nssmInstallCommands, type NssmService, nssmSetCommands } from "../../windows/nssm.ts";
import { type Difference, wantedRegistration } from "../../windows/registration.ts";
import { STATE } from "../../windows/service_status.ts";
import { keptExe } from "../../windows/upgrade.ts";
import { EXIT } from "../command.ts";
import { print, printJson } from "../output.ts";
import { plannedAgent } from "./files.ts";
import { checkPassword, type Installation, type Lack } from "./installation.ts";
import type { ServiceOrder } from "./order.ts";

/** Prints the commands that do what an action does on a host where nothing is installed yet. */
export function printCommands(action: string, order: ServiceOrder): number {
  if (action === "install" && order.dryRun) {
    checkPassword({ order, found: undefined }, order.wish.account ?? LOCAL_SYSTEM);
  }
  show(commandsOf(action, order), order);
  return EXIT.done;
}

/** Prints commands: ready to paste into `cmd`, or with `--json` as arrays of words. */
export function show(
  commands: readonly CommandWords[],
  { json }: Pick<ServiceOrder, "json">,
): void {
  if (json) return printJson(commands);
  for (const [program = "", ...args] of commands) print(pasteLine(program, args));
}

function commandsOf(action: string, order: ServiceOrder): readonly CommandWords[] {
  switch (action) {
    case "uninstall":
      return [...removeCommands(order.name), ...forgetEventSourceCommands()];
    case "start":
    case "stop":
      return [controlCommand(action, order.name)];
    default:
      return installCommands(order, plannedAgent(order));
  }
}

/**
 * The commands that install the agent where it is not installed.
 *
 * @param host tells the account's security identifier; without one its name stands there.
 */
export function installCommands(
  order: ServiceOrder,
  agent: ServiceAgent,
  host?: Host,
): CommandWords[] {
  const registration = wantedRegistration(order.name, agent, order.wish);
  const { account } = registration;
  const hasPassword = needsPassword(account);
  return [
    ...permissionCommandsOf(order, agent, account, host),
    ...(order.runner === "nssm"
      ? nssmInstallCommands(order.nssm, { ...nssmService(order, agent), hasPassword })
      : [
        ...createCommands(order.name, registration, hasPassword),
        ...logonCommands(account),
        ...eventSourceCommands(),
      ]),
  ];
}

/** The commands that bring an installed agent up to date. */
export async function changeCommandsOf(
  { order, agent, found, host }: Installation,
  { differs, replaces }: Lack,
): Promise<CommandWords[]> {
  const registration = wantedRegistration(order.name, agent, order.wish, found);
  const { account } = registration;
  const service = { ...nssmService(order, agent), account, hasPassword: order.password };
  const change = order.runner === "nssm"
    ? nssmSetCommands(order.nssm, service).filter(({ parameter }) => isSet(parameter, differs))
      .map(({ command }) => command)
    : changeCommands(order.name, registration, order.password);
  const from = order.files.exe, to = agent.files.exe;
  const kept = await host.files.exists(to) ? keptExe({ from, to }) : undefined;
  const runs = host.database.standing(order.name)?.state !== STATE.stopped;
  return [
    ...permissionCommandsOf(order, agent, account, host),
    ...(replaces ? upgradeCommands(order.name, { from, to, kept, runs }) : []),
    ...(differs.length > 0 ? [...change, ...logonCommands(account)] : []),
  ];
}

/** NSSM sets a password together with the account. */
function isSet(parameter: string, differs: readonly Difference[]): boolean {
  return differs.some(({ setting }) =>
    setting === parameter || (setting === "password" && parameter === "ObjectName")
  );
}

function permissionCommandsOf(
  { fixPermissions }: ServiceOrder,
  { files }: ServiceAgent,
  account: string,
  host: Host | undefined,
): CommandWords[] {
  if (!fixPermissions) return [];
  const folders = foldersOf(files);
  requireProtectable(folders);
  const name = account === LOCAL_SYSTEM ? undefined : account.replace(/^\.\\/, "");
  const sid = host ? host.sidOf(account) : name;
  return folders.flatMap((folder) => permissionCommands(folder, sid));
}

/** The agent as NSSM is to run it. */
export function nssmService(
  { name, wish }: ServiceOrder,
  { args, files }: ServiceAgent,
): NssmService {
  return {
    ...{ name, exe: files.exe, args, home: files.home },
    ...{ displayName: wish.displayName, account: wish.account },
  };
}
