import { LOCAL_SYSTEM } from "../../windows/account.ts";
import type { Host } from "../../windows/host.ts";
import { programOf } from "../../windows/registration.ts";
import type { FoundRegistration } from "../../windows/service_database.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { plannedAgent, requireAgent } from "./files.ts";
import { wardenCommand } from "./hint.ts";
import {
  checkPassword,
  type Installation,
  type Lack,
  tellLack,
  tellUnchanged,
} from "./installation.ts";
import { installNative, nativeLack } from "./native.ts";
import { installUnderNssm, nssmLack } from "./nssm.ts";
import type { ServiceOrder } from "./order.ts";
import { changeCommandsOf, installCommands, show } from "./print.ts";
import { checkSafety } from "./safety.ts";

/** `icinga-warden service install` */
export async function installService(order: ServiceOrder, host: Host): Promise<number> {
  const said: string[] = [], warnings: string[] = [];
  const found = host.database.find(order.name);
  if (found) checkKind(order, found, host);
  const installation: Installation = {
    ...{ order, host, found, agent: agentOf(order, found, host) },
    say: order.json ? (line) => said.push(line) : print,
    warn: order.json ? (line) => warnings.push(line) : (line) => printError(`Warning: ${line}`),
  };
  if (!order.dryRun) host.database.requireAdministrator();
  checkPassword(installation, order.wish.account ?? found?.account ?? LOCAL_SYSTEM);
  await checkSafety(installation);
  const lack = found && await lackOf(installation, found);
  if (order.dryRun) return await showPlan(installation, lack);
  const isNssm = order.runner === "nssm";
  const { outcome, differs } = await (isNssm ? installUnderNssm : installNative)(
    installation,
    lack,
  );
  if (order.json) printJson({ service: order.name, outcome, differs, said, warnings });
  return outcome === "differs" ? EXIT.failed : EXIT.done;
}

/** What NSSM is itself is a program of the service too. */
function agentOf(order: ServiceOrder, found: FoundRegistration | undefined, host: Host) {
  const agent = plannedAgent(order, found, host);
  if (order.runner !== "nssm") return agent;
  const runner = found ? programOf(found.commandLine) : host.programFile(order.nssm);
  return { ...agent, files: { ...agent.files, runner } };
}

/** A service of this name that is another program's, or is run otherwise, is not taken over. */
function checkKind(order: ServiceOrder, found: FoundRegistration, host: Host): void {
  const kind = requireAgent(found, order, host, "choose another --name");
  if (kind === order.runner) return;
  const now = kind === "nssm" ? "under NSSM" : "as a native service";
  throw new Error(
    `Service '${order.name}' is installed already ${now}; call '${
      wardenCommand("uninstall", order)
    }' first, or choose another --name`,
  );
}

function lackOf(installation: Installation, found: FoundRegistration): Promise<Lack> {
  return installation.order.runner === "nssm"
    ? nssmLack(installation)
    : nativeLack(installation, found);
}

/** The exit code is that of an installation that goes as it is to. */
async function showPlan(installation: Installation, lack: Lack | undefined): Promise<number> {
  const { order, agent, host } = installation;
  const silent = order.json ? { ...installation, say: () => {} } : installation;
  if (!lack) show(installCommands(order, agent, host), order);
  else if (lack.differs.length === 0 && !lack.replaces) tellUnchanged(silent);
  else tellLack(silent, lack);
  if (lack) show(await changeCommandsOf(installation, lack), order);
  const changesNothing = lack && !order.force && (lack.differs.length > 0 || lack.replaces);
  return changesNothing ? EXIT.failed : EXIT.done;
}
