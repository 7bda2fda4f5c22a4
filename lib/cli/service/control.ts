import { serviceStates } from "../../service/mod.ts";
import { describeCode } from "../../windows/ffi.ts";
import type { Host } from "../../windows/host.ts";
import { describeRecovery, kindOfService } from "../../windows/registration.ts";
import type { FoundRegistration, ServiceStanding } from "../../windows/service_database.ts";
import { isPending, STATE } from "../../windows/service_status.ts";
import { awaitState } from "../../windows/wait.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import type { ServiceOrder } from "./order.ts";
import { printCommands } from "./print.ts";

/** How long a service may take to start or stop, ms. */
const LIMIT = 60_000;

const SERVICE_SPECIFIC_ERROR = 1066;

/** Windows' code of a service that was never started since Windows was. */
const NEVER_STARTED = 1077;

/** `icinga-warden service start` */
export async function startService(order: ServiceOrder, host: Host): Promise<number> {
  if (order.dryRun) return printCommands("start", order);
  const { database, clock } = host;
  const standing = requireService(order, host);
  if (standing.state === STATE.stopped) database.start(order.name);
  const outcome = await awaitState(database, order.name, STATE.running, { clock, limit: LIMIT });
  return tell(order, host, outcome === "reached");
}

/** `icinga-warden service stop` */
export async function stopService(order: ServiceOrder, host: Host): Promise<number> {
  if (order.dryRun) return printCommands("stop", order);
  requireService(order, host);
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
  if (order.json) printJson(statusObject(order, found, standing));
  else if (!found || !standing) print(`Service '${order.name}' is not installed`);
  else for (const line of statusLines(order, found, standing)) print(line);
  return runs ? EXIT.done : EXIT.notRunning;
}

function requireService({ name }: ServiceOrder, { database }: Host): ServiceStanding {
  const standing = database.standing(name);
  if (standing) return standing;
  throw new Error(`No service '${name}' is installed; 'icinga-warden service install' installs it`);
}

function tell(order: ServiceOrder, { database }: Host, done: boolean): number {
  const standing = database.standing(order.name);
  if (order.json) printJson(statusObject(order, database.find(order.name), standing));
  else (done ? print : printError)(describe(order.name, standing));
  return done ? EXIT.done : EXIT.failed;
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
  if (exitCode === 0 || exitCode === NEVER_STARTED) return "";
  if (exitCode !== SERVICE_SPECIFIC_ERROR) return `: ${describeCode(exitCode)} (${exitCode})`;
  const meaning = ownCode === EXIT.usage
    ? "its configuration or command line cannot be used"
    : "it failed";
  return `: ${meaning} (its own code ${ownCode}); its log says why`;
}

function statusLines(
  { name, files }: ServiceOrder,
  found: FoundRegistration,
  standing: ServiceStanding,
): string[] {
  const { commandLine, account, start, recovery } = found;
  return [
    describe(name, standing),
    `  kind        ${kindOfService(commandLine, files.exe)}`,
    `  runs        ${commandLine}`,
    `  as          ${account}`,
    `  start       ${start}`,
    `  on failure  ${recovery ? describeRecovery(recovery) : "not told by this system"}`,
  ];
}

function statusObject(
  { name, files }: ServiceOrder,
  found: FoundRegistration | undefined,
  standing: ServiceStanding | undefined,
): Record<string, unknown> {
  if (!found || !standing) return { service: name, installed: false };
  const { state, pid, exitCode, ownCode } = standing;
  return {
    service: name,
    installed: true,
    state: serviceStates[state - 1],
    ...{ pid, exitCode, ownCode, kind: kindOfService(found.commandLine, files.exe) },
    ...found,
  };
}
