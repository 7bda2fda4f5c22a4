import { changeCommands } from "../../windows/as_commands.ts";
import type { Host } from "../../windows/host.ts";
import {
  differences,
  kindOfService,
  programOf,
  type ServiceKind,
  wantedRegistration,
} from "../../windows/registration.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { type Installation, tellDifferences } from "./installation.ts";
import { installNative } from "./native.ts";
import { installUnderNssm } from "./nssm.ts";
import type { ServiceOrder } from "./order.ts";
import { installCommands, show } from "./print.ts";
import { checkSafety } from "./safety.ts";

/** `icinga-warden service install` */
export async function installService(order: ServiceOrder, host: Host): Promise<number> {
  const said: string[] = [], warnings: string[] = [];
  const installation: Installation = {
    order,
    host,
    found: host.database.find(order.name),
    say: order.json ? (line) => said.push(line) : print,
    warn: order.json ? (line) => warnings.push(line) : (line) => printError(`Warning: ${line}`),
  };
  const kind = checkKind(installation);
  if (order.dryRun) return showPlan(installation);
  host.database.requireAdministrator();
  await checkSafety(installation);
  const { outcome, differs } = kind === "nssm"
    ? await installUnderNssm(installation)
    : await installNative(installation);
  if (order.json) printJson({ service: order.name, outcome, differs, said, warnings });
  return outcome === "differs" ? EXIT.failed : EXIT.done;
}

/** A service of this name that is another program's, or is run otherwise, is not taken over. */
function checkKind({ order: { name, runner, files }, found }: Installation): ServiceKind {
  if (!found) return runner;
  const kind = kindOfService(found.commandLine, files.exe);
  if (kind === "other") {
    throw new Error(
      `Service '${name}' is installed already and runs ${
        programOf(found.commandLine)
      }, which is not icinga-warden; choose another --name`,
    );
  }
  if (kind !== runner) {
    const now = kind === "nssm" ? "under NSSM" : "as a native service";
    throw new Error(
      `Service '${name}' is installed already ${now}; call 'icinga-warden service uninstall' first, or choose another --name`,
    );
  }
  return kind;
}

function showPlan({ order, found }: Installation): number {
  if (!found || order.runner === "nssm") {
    show(installCommands(order), order);
    return EXIT.done;
  }
  const wanted = wantedRegistration(order.wish, found);
  const differs = differences(found, wanted);
  if (!order.json) tellDifferences(order.name, differs, print);
  if (differs.length > 0) show(changeCommands(order.name, wanted), order);
  return EXIT.done;
}
