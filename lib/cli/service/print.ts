import { needsPassword } from "../../windows/account.ts";
import {
  type CommandWords,
  createCommands,
  eventSourceCommands,
  forgetEventSourceCommands,
  PASSWORD,
  permissionCommands,
  removeCommands,
} from "../../windows/as_commands.ts";
import { pasteLine } from "../../windows/command_line.ts";
import { nssmInstallCommands, type NssmService } from "../../windows/nssm.ts";
import { wantedRegistration } from "../../windows/registration.ts";
import { EXIT } from "../command.ts";
import { print, printJson } from "../output.ts";
import type { ServiceOrder } from "./order.ts";

/** Prints the commands that do what an action does on a host where nothing is installed yet. */
export function printCommands(action: string, order: ServiceOrder): number {
  show(commandsOf(action, order), order);
  return EXIT.done;
}

/** Prints commands: ready to paste into `cmd`, or with `--json` as arrays of words. */
export function show(commands: readonly CommandWords[], { json }: ServiceOrder): void {
  if (json) return printJson(commands);
  for (const [program = "", ...args] of commands) print(pasteLine(program, args));
}

function commandsOf(action: string, order: ServiceOrder): readonly CommandWords[] {
  switch (action) {
    case "uninstall":
      return [...removeCommands(order.name), ...forgetEventSourceCommands()];
    case "start":
    case "stop":
      return [["net.exe", action, order.name]];
    default:
      return installCommands(order);
  }
}

/** The commands that install the agent where it is not installed. */
export function installCommands(order: ServiceOrder): CommandWords[] {
  const { name, runner, nssm, files, wish, fixPermissions } = order;
  const registration = wantedRegistration({ ...wish, args: order.args });
  const hasPassword = needsPassword(registration.account);
  return [
    ...(fixPermissions ? permissionCommands(files.home) : []),
    ...(runner === "nssm"
      ? nssmInstallCommands(nssm, nssmService(order, hasPassword ? PASSWORD : undefined))
      : [...createCommands(name, registration, hasPassword), ...eventSourceCommands()]),
  ];
}

/** The agent as NSSM is to run it. */
export function nssmService(order: ServiceOrder, password: string | undefined): NssmService {
  const { name, files, args, wish } = order;
  return {
    ...{ name, exe: files.exe, args, home: files.home, password },
    ...{ displayName: wish.displayName, account: wish.account },
  };
}
