import { errorMessage } from "../../base/mod.ts";
import { type Host, LOCAL_SYSTEM, windowsHost } from "../../windows/mod.ts";
import {
  type Command,
  commandWithActions,
  EXIT,
  type FlagSpecs,
  type Invocation,
  UsageError,
} from "../command.ts";
import { printError, printJson } from "../output.ts";
import {
  isControl,
  restartService,
  showControl,
  startService,
  statusOfService,
  stopService,
} from "./start_stop.ts";
import { checkPassword, installService, planned } from "./install.ts";
import { isWindowsExe, readOptions, SERVICE_FLAGS, type ServiceOptions } from "./options.ts";
import { installSteps, permissionSteps, showSteps } from "./steps.ts";
import { uninstallService, uninstallSteps } from "./uninstall.ts";

const { purge, ...INSTALL_FLAGS } = SERVICE_FLAGS;
const { name, "dry-run": dryRun } = INSTALL_FLAGS;
const CONTROL_FLAGS = { name, "dry-run": dryRun };

type Act = (options: ServiceOptions, host: Host) => number | Promise<number>;

const ACTIONS: Readonly<Record<string, [summary: string, flags: FlagSpecs, Act]>> = {
  install: [
    "register this exe as a service that starts with Windows; running it again changes nothing",
    INSTALL_FLAGS,
    installService,
  ],
  uninstall: [
    "stop the service and remove it; home stays, unless --purge",
    { ...CONTROL_FLAGS, purge },
    uninstallService,
  ],
  start: ["start it, and wait until it runs", CONTROL_FLAGS, startService],
  stop: ["stop it, and wait until it has stopped", CONTROL_FLAGS, stopService],
  restart: ["stop it, and start it again", CONTROL_FLAGS, restartService],
  status: [
    "print its state and its settings; exit code 3 when it does not run",
    { name },
    statusOfService,
  ],
  print: [
    "print the commands that do the same as install, ready to paste",
    INSTALL_FLAGS,
    (options) => printCommands("print", options),
  ],
};

const command = commandWithActions(
  "service",
  "have Windows run the agent as a service",
  Object.fromEntries(
    Object.entries(ACTIONS).map(([name, [summary, flags, act]]) => [name, {
      words: "",
      summary,
      flags,
      run(invocation: Invocation) {
        const options = readOptions(invocation);
        if (!isWindowsExe && options.dryRun) return printCommands(name, options);
        if (!isWindowsExe && name !== "print") return refuse(name, options);
        return errorsAsJson(options, () => act(options, windowsHost));
      },
    }]),
  ),
);

/** `icinga-warden service` */
export const serviceCommand: Command = {
  ...command,
  details: [
    ...command.details!,
    "",
    "To upgrade, call 'service install --force' from the new exe: it takes the place of the old one,",
    "which comes back if the new one does not run within 30 s.",
  ],
  async run(invocation) {
    refusePassword(invocation);
    return await command.run(invocation);
  },
};

/** A word after `--password` may be a password: the error does not repeat it. */
function refusePassword({ words: [word = "", ...rest], given }: Invocation): void {
  if (!given.has("password") || (rest.length === 0 && Object.hasOwn(ACTIONS, word))) return;
  throw new UsageError(
    "Flag '--password' takes no value: it asks for the password, or reads it from standard input",
  );
}

/** With `--json` an error is printed as JSON too, besides the line on standard error. */
async function errorsAsJson(
  { name, json }: ServiceOptions,
  act: () => number | Promise<number>,
): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (json) printJson({ service: name, error: errorMessage(error) });
    throw error;
  }
}

function refuse(action: string, { name, json }: ServiceOptions): number {
  const elsewhere = action === "status" ? "" : ", or add '--dry-run' to see what it does";
  const error = `'service ${action}' is for the Windows exe only; call it there${elsewhere}`;
  if (json) printJson({ service: name, error });
  printError(`icinga-warden: ${error}`);
  return EXIT.failed;
}

/** Prints the commands of an action on a host where nothing is installed yet; nothing of the host is read. */
export async function printCommands(action: string, options: ServiceOptions): Promise<number> {
  if (isControl(action)) return showControl(action, options);
  if (action === "uninstall") {
    showSteps(uninstallSteps(options, windowsHost, true), options);
    return EXIT.done;
  }
  const ignore = () => {};
  const installation = { ...planned(options, windowsHost), say: ignore, warn: ignore };
  const { account } = installation.wanted;
  if (options.dryRun) checkPassword(options, account);
  const name = account === LOCAL_SYSTEM ? undefined : account.replace(/^\.\\/, "");
  const permissions = permissionSteps(installation, name);
  showSteps([...permissions, ...await installSteps(installation)], options);
  return EXIT.done;
}
