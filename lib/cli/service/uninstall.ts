import { errorMessage } from "../../base/mod.ts";
import {
  forgetEventSourceCommands,
  purgeCommands,
  removeCommands,
} from "../../windows/as_commands.ts";
import type { Host } from "../../windows/host.ts";
import { awaitGone, type FoundRegistration, suspects } from "../../windows/service_database.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { bringToStop } from "./control.ts";
import { homeOf, kindOf, requireAgent } from "./files.ts";
import type { ServiceOrder } from "./order.ts";
import { show } from "./print.ts";
import { purge, purgedPaths } from "./purge.ts";

/** How long a service that is marked for deletion may take to go, ms. */
const GONE_LIMIT = 30_000;

/** `icinga-warden service uninstall` */
export async function uninstallService(order: ServiceOrder, host: Host): Promise<number> {
  if (!order.dryRun) host.database.requireAdministrator();
  const found = host.database.find(order.name);
  if (!found) return tellMissing(order);
  requireAgent(found, order, host, "it stays");
  const home = homeOf(found, order, host);
  if (order.dryRun) return await showPlan(order, home, host);
  await remove(order, host);
  if (isLastAgent(order, host)) removeEventSource(host);
  const left = order.purge && home !== undefined
    ? await purge(await purgedPaths(home, host.files), host.files)
    : [];
  if (order.json) printJson({ service: order.name, wasInstalled: true, home, left });
  else tellRemoved(order, home, left);
  return left.length === 0 ? EXIT.done : EXIT.failed;
}

/** Whose files there are is known by a service alone: without one nothing is purged. */
function tellMissing({ name, purge, json }: ServiceOrder): number {
  if (json) printJson({ service: name, wasInstalled: false });
  else print(`Service '${name}' is not installed`);
  if (!purge) return EXIT.done;
  printError("icinga-warden: Nothing is purged, for which home the service had is not known");
  return EXIT.failed;
}

async function remove({ name }: ServiceOrder, host: Host): Promise<void> {
  const { database, clock } = host;
  if (!(await bringToStop(name, host))) {
    throw new Error(`Service '${name}' did not stop within 60 s; it stays installed`);
  }
  database.remove(name);
  if (!(await awaitGone(database, name, { clock, limit: GONE_LIMIT }))) throw held(name, host);
}

/** Whether no other agent is left on this host that writes events. */
function isLastAgent({ name, files }: ServiceOrder, host: Host): boolean {
  const isAgents = (other: string, found: FoundRegistration | undefined) =>
    found !== undefined && kindOf(found, { name: other, files }, host) === "native";
  const others = host.database.names().filter((other) => other !== name);
  return !others.some((other) => isAgents(other, findQuietly(other, host)));
}

/** Some services of Windows let nobody read how they are registered. */
function findQuietly(name: string, { database }: Host): FoundRegistration | undefined {
  try {
    return database.find(name);
  } catch {
    return undefined;
  }
}

/** Without the source only the texts of old events are gone. */
function removeEventSource({ events }: Host): void {
  try {
    events.remove();
  } catch (error) {
    printError(`icinga-warden: ${errorMessage(error)}`);
  }
}

async function showPlan(
  order: ServiceOrder,
  home: string | undefined,
  host: Host,
): Promise<number> {
  const paths = order.purge && home !== undefined ? await purgedPaths(home, host.files) : [];
  const source = isLastAgent(order, host) ? forgetEventSourceCommands() : [];
  show([...removeCommands(order.name), ...source, ...purgeCommands(paths)], order);
  return EXIT.done;
}

function tellRemoved(
  { name, purge }: ServiceOrder,
  home: string | undefined,
  left: readonly string[],
): void {
  print(`Removed service '${name}'`);
  if (!purge) return print(`Left as it is: ${home ?? "home"}`);
  if (home === undefined) return print("Nothing is purged, for NSSM does not tell the home");
  if (left.length === 0) return print(`Removed the agent's files from ${home}`);
  printError(`icinga-warden: Not all of the agent's files could be removed from ${home}; left are`);
  for (const line of left) printError(`  ${line}`);
}

function held(name: string, host: Host): Error {
  const found = suspects(host.processes());
  const who = found.length > 0
    ? `close ${found.join(", ")}`
    : "close services.msc, Task Manager and whatever else looks at services";
  return new Error(
    `Service '${name}' is marked for deletion, but a program has it open; ${who}, or restart Windows`,
  );
}
