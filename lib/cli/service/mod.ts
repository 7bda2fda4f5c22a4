import { errorMessage, suggest } from "../../base/mod.ts";
import { type Host, windowsHost } from "../../windows/host.ts";
import { type Command, EXIT, type Invocation, refuseWords, UsageError } from "../command.ts";
import { printError, printJson } from "../output.ts";
import { startService, statusOfService, stopService } from "./control.ts";
import { installService } from "./install.ts";
import { isWindowsExe, readOrder, SERVICE_FLAGS, type ServiceOrder } from "./order.ts";
import { printCommands } from "./print.ts";
import { uninstallService } from "./uninstall.ts";

type Action = (order: ServiceOrder, host: Host) => number | Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = {
  install: installService,
  uninstall: uninstallService,
  start: startService,
  stop: stopService,
  status: statusOfService,
  print: (order) => printCommands("install", order),
};

/** `icinga-warden service` */
export const serviceCommand: Command = {
  name: "service",
  words: Object.keys(ACTIONS).join("|"),
  summary: "have Windows run the agent as a service",
  details: [
    "install    register this exe as a service that starts with the machine; twice is once",
    "uninstall  stop the service and remove it; home stays, unless --purge",
    "start      start it, and wait until it runs",
    "stop       stop it, and wait until it has stopped",
    "status     say how it stands; exit code 3 when it does not run",
    "print      print the commands that do what install does, ready to paste",
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
    const order = readOrder(word, invocation);
    if (!isWindowsExe && order.dryRun) return printCommands(word, order);
    if (!isWindowsExe && word !== "print") return refuse(word);
    return await tellingJson(order, () => action(order, windowsHost));
  },
};

/** What stands after `--password` may be one: it is not repeated. */
function refusePassword({ words: [word = "", ...rest], given }: Invocation): void {
  if (!given.has("password") || (rest.length === 0 && Object.hasOwn(ACTIONS, word))) return;
  throw new UsageError(
    "Flag '--password' takes no value: it asks for the password, or reads it from standard input",
  );
}

/** For scripts an error is JSON too, beside the line for people. */
async function tellingJson(
  { name, json }: ServiceOrder,
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
