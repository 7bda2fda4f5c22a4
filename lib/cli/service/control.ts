import { serviceStates } from "../../service/mod.ts";
import { pasteLine } from "../../windows/command_line.ts";
import {
  describeCode,
  ERROR_SERVICE_NEVER_STARTED,
  ERROR_SERVICE_SPECIFIC_ERROR,
} from "../../windows/ffi/errors.ts";
import type { Host } from "../../windows/host.ts";
import { describeRecovery, type ServiceKind } from "../../windows/registration.ts";
import {
  awaitState,
  type FoundRegistration,
  type ServiceStanding,
} from "../../windows/service_database.ts";
import { isPending, STATE } from "../../windows/service_status.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { kindOf, requireAgent } from "./files.ts";
import { wardenCommand } from "./hint.ts";
import type { ServiceOrder } from "./order.ts";
import { printCommands } from "./print.ts";

/** How long a service may take to start or stop, ms. */
const LIMIT = 60_000;

/** `icinga-warden service start` */
export async function startService(order: ServiceOrder, host: Host): Promise<number> {
  const { database, clock } = host;
  const { name } = order;
  const patience = { clock, limit: LIMIT };
  const { state } = requireService(order, host);
  if (order.dryRun) return printCommands("start", order);
  if (state === STATE.stopPending) await awaitState(database, name, STATE.stopped, patience);
  if (database.standing(name)?.state === STATE.stopped) database.start(name);
  const outcome = await awaitState(database, name, STATE.running, patience);
  return tell(order, host, outcome === "reached");
}

/** `icinga-warden service stop` */
export async function stopService(order: ServiceOrder, host: Host): Promise<number> {
  requireService(order, host);
  if (order.dryRun) return printCommands("stop", order);
  return tell(order, host, await bringToStop(order.name, host));
}

/** Stops a service, if it does not stop already; false when it has not stopped within a minute. */
export async function bringToStop(name: string, { database, clock }: Host): Promise<boolean> {
  const patience = { clock, limit: LIMIT };
  const state = database.standing(name)?.state;
  if (state === STATE.startPending) await awaitState(database, name, STATE.running, patience);
  if (state !== STATE.stopped && state !== STATE.stopPending) database.stop(name);
  return await awaitState(database, name, STATE.stopped, patience) !== "late";
}

/** `icinga-warden service status` */
export async function statusOfService(order: ServiceOrder, host: Host): Promise<number> {
  const { database, clock } = host;
  const found = database.find(order.name);
  let standing = database.standing(order.name);
  for (const end = clock.now() + LIMIT; standing && isPending(standing.state);) {
    if (clock.now() > end) break;
    await clock.sleep(200);
    standing = database.standing(order.name);
  }
  const runs = standing?.state === STATE.running || standing?.state === STATE.paused;
  if (order.json) printJson(statusObject(order, host, found, standing));
  else if (!found || !standing) print(`Service '${order.name}' is not installed`);
  else {
    const kind = kindOf(found, order, host);
    for (const line of statusLines(order, found, standing, kind)) print(line);
  }
  return runs ? EXIT.done : EXIT.notRunning;
}

function requireService(order: ServiceOrder, host: Host): ServiceStanding {
  const { name } = order;
  const found = host.database.find(name), standing = host.database.standing(name);
  if (found && standing) {
    requireAgent(found, order, host, "start and stop it with net.exe");
    return standing;
  }
  throw new Error(
    `No service '${name}' is installed; '${wardenCommand("install", order)}' installs it`,
  );
}

function tell(order: ServiceOrder, host: Host, done: boolean): number {
  const { database } = host;
  const standing = database.standing(order.name);
  if (order.json) printJson(statusObject(order, host, database.find(order.name), standing));
  else {(done ? print : printError)(
      `${describe(order.name, standing)}${resumeHint(order, standing)}`,
    );}
  return done ? EXIT.done : EXIT.failed;
}

/** A service that is paused neither starts nor is it told to go on by a start. */
function resumeHint({ name }: ServiceOrder, standing: ServiceStanding | undefined): string {
  if (standing?.state !== STATE.paused) return "";
  return `; it goes on with: ${pasteLine("sc.exe", ["continue", name])}`;
}

/** How a service stands, in one line. */
export function describe(name: string, standing: ServiceStanding | undefined): string {
  if (!standing) return `Service '${name}' is not installed`;
  const { state, pid } = standing;
  const end = state === STATE.stopped ? howItEnded(standing) : "";
  const process = pid === 0 ? "" : ` (process ${pid})`;
  return `Service '${name}' is ${serviceStates[state - 1]}${process}${end}`;
}

function howItEnded({ exitCode, ownCode }: ServiceStanding): string {
  if (exitCode === 0 || exitCode === ERROR_SERVICE_NEVER_STARTED) return "";
  if (exitCode !== ERROR_SERVICE_SPECIFIC_ERROR) return `: ${describeCode(exitCode)} (${exitCode})`;
  const meaning = ownCode === EXIT.usage
    ? "its configuration or command line cannot be used"
    : "it failed";
  return `: ${meaning} (its own code ${ownCode}); its log says why`;
}

function statusLines(
  { name }: ServiceOrder,
  found: FoundRegistration,
  standing: ServiceStanding,
  kind: ServiceKind,
): string[] {
  const { commandLine, account, start, recovery } = found;
  return [
    describe(name, standing),
    `  kind        ${kind}`,
    `  runs        ${commandLine}`,
    `  as          ${account}`,
    `  start       ${start}`,
    `  on failure  ${recovery ? describeRecovery(recovery) : "not told by this system"}`,
  ];
}

function statusObject(
  order: ServiceOrder,
  host: Host,
  found: FoundRegistration | undefined,
  standing: ServiceStanding | undefined,
): Record<string, unknown> {
  const { name } = order;
  if (!found || !standing) return { service: name, installed: false };
  const { state, pid, exitCode, ownCode } = standing;
  return {
    service: name,
    installed: true,
    state: serviceStates[state - 1],
    ...{ pid, exitCode, ownCode, kind: kindOf(found, order, host) },
    ...found,
  };
}
