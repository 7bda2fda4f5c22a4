import { win32 } from "node:path";
import type { Host } from "../../windows/host.ts";
import { kindOfService, programOf } from "../../windows/registration.ts";
import { awaitGone, suspects } from "../../windows/wait.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { bringToStop } from "./control.ts";
import { homeOf } from "./files.ts";
import type { ServiceOrder } from "./order.ts";
import { printCommands } from "./print.ts";

/** How long a service that is marked for deletion may take to go, ms. */
const GONE_LIMIT = 30_000;

/**
 * What the agent keeps in home, and what it has set aside, which is what `--purge` removes; the exe and what is not
 * the agent's stay.
 */
const KEPT_IN_HOME =
  /^(?:daemons|logs|control\.token|(?:icinga-warden(?:\.run)?|state)\.json.*|icinga-warden\.lock)$/;

/** `icinga-warden service uninstall` */
export async function uninstallService(order: ServiceOrder, host: Host): Promise<number> {
  if (order.dryRun) return printCommands("uninstall", order);
  const { name } = order;
  const { database, clock } = host;
  database.requireAdministrator();
  const found = database.find(name);
  if (found && kindOfService(found.commandLine, order.files.exe) === "other") {
    throw new Error(
      `Service '${name}' runs ${
        programOf(found.commandLine)
      }, which is not icinga-warden; it stays`,
    );
  }
  const home = found ? homeOf(found, name, host) ?? order.files.home : order.files.home;
  if (found && !(await bringToStop(name, host))) {
    throw new Error(`Service '${name}' did not stop within 60 s; it stays installed`);
  }
  if (found) database.remove(name);
  if (!(await awaitGone(database, name, { clock, limit: GONE_LIMIT }))) {
    return tellHeld(order, host);
  }
  removeEventSource(host);
  if (order.purge) await purge(home, host);
  if (order.json) printJson({ service: name, wasInstalled: found !== undefined, home });
  else {
    print(found ? `Removed service '${name}'` : `Service '${name}' is not installed`);
    if (order.purge) print(`Removed the agent's files from ${home}`);
    else if (found) print(`Left as it is: ${home}`);
  }
  return EXIT.done;
}

/** Without the source only the texts of old events are gone. */
function removeEventSource({ events }: Host): void {
  try {
    events.remove();
  } catch (error) {
    printError(`icinga-warden: ${error instanceof Error ? error.message : error}`);
  }
}

async function purge(home: string, { files }: Host): Promise<void> {
  const kept = (await files.list(home)).filter((name) => KEPT_IN_HOME.test(name));
  for (const name of kept) await files.remove(win32.join(home, name));
}

function tellHeld({ name }: ServiceOrder, host: Host): number {
  const found = suspects(host.processes());
  const who = found.length > 0
    ? `close ${found.join(", ")}`
    : "close services.msc, Task Manager and whatever else looks at services";
  printError(
    `icinga-warden: service '${name}' is marked for deletion, but a program has it open; ${who}, or restart Windows`,
  );
  return EXIT.failed;
}
