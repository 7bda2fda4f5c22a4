import { errorMessage, suggest } from "../../base/mod.ts";
import { type Host, LOCAL_SYSTEM, windowsHost } from "../../windows/mod.ts";
import { type Command, EXIT, type Invocation, refuseWords, UsageError } from "../command.ts";
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

type Action = (options: ServiceOptions, host: Host) => number | Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = {
  install: installService,
  uninstall: uninstallService,
  start: startService,
  stop: stopService,
  restart: restartService,
  status: statusOfService,
  print: (options) => printCommands("print", options),
};

/** `icinga-warden service` */
export const serviceCommand: Command = {
  name: "service",
  words: Object.keys(ACTIONS).join("|"),
  checksWords: true,
  summary: "have Windows run the agent as a service",
  details: [
    "install    register this exe as a service that starts with Windows; running it again changes nothing",
    "uninstall  stop the service and remove it; home stays, unless --purge",
    "start      start it, and wait until it runs",
    "stop       stop it, and wait until it has stopped",
    "restart    stop it, and start it again",
    "status     print its state and its settings; exit code 3 when it does not run",
    "print      print the commands that do the same as install, ready to paste",
    "",
    "To upgrade, call 'service install --force' from the new exe: it takes the place of the old one,",
    "which comes back if the new one does not run within 30 s.",
  ],
  flags: SERVICE_FLAGS,
  async run(invocation) {
    const [word, ...rest] = invocation.words;
    refusePassword(invocation);
    const names = Object.keys(ACTIONS);
    if (word === undefined) throw new UsageError(`'service' needs one of ${names.join(", ")}`);
    const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
    if (!action) throw new UsageError(`Unknown 'service ${word}'; ${suggest(word, names)}`);
    refuseWords(rest);
    const options = readOptions(word, invocation);
    if (!isWindowsExe && options.dryRun) return await printCommands(word, options);
    if (!isWindowsExe && word !== "print") return refuse(word);
    return await errorsAsJson(options, () => action(options, windowsHost));
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

function refuse(action: string): number {
  const elsewhere = action === "status" ? "" : ", or add '--dry-run' to see what it does";
  printError(
    `icinga-warden: 'service ${action}' is for the Windows exe only; call it there${elsewhere}`,
  );
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
