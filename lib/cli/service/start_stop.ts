import { meaningOf, serviceStates } from "../../service/mod.ts";
import {
  awaitState,
  describeRecovery,
  ERROR_SERVICE_NEVER_STARTED,
  ERROR_SERVICE_SPECIFIC_ERROR,
  type FoundRegistration,
  hasStopped,
  type Host,
  isSettled,
  pasteLine,
  type QueriedStatus,
  type ServiceKind,
  STATE,
} from "../../windows/mod.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { installedProgram, requireAgent } from "./installed.ts";
import { type ServiceOptions, wardenCommand } from "./options.ts";
import { showSteps } from "./steps.ts";

/** How long a service may take to start or stop, ms. */
const LIMIT = 60_000;

/** `icinga-warden service start` */
export async function startService(options: ServiceOptions, host: Host): Promise<number> {
  const { name } = options;
  const { state } = requireService(options, host);
  if (options.dryRun) return showControl("start", options);
  if (state === STATE.stopPending) await awaitState(host, name, hasStopped, LIMIT);
  if (host.database.query(name)?.state === STATE.stopped) host.database.start(name);
  const status = await awaitState(host, name, isSettled, LIMIT);
  return sayOutcome(options, host, status, status?.state === STATE.running);
}

/** `icinga-warden service stop` */
export async function stopService(options: ServiceOptions, host: Host): Promise<number> {
  requireService(options, host);
  if (options.dryRun) return showControl("stop", options);
  const status = await bringToStop(options.name, host);
  return sayOutcome(options, host, status, hasStopped(status?.state));
}

/** Prints the command that starts or stops a service. */
export function showControl(action: "start" | "stop", options: ServiceOptions): number {
  showSteps([{ commands: [["net.exe", action, options.name]] }], options);
  return EXIT.done;
}

/** Stops a service unless it stops already, and returns how it was seen last, within a minute. */
export async function bringToStop(name: string, host: Host): Promise<QueriedStatus | undefined> {
  const state = host.database.query(name)?.state;
  if (state === STATE.startPending) await awaitState(host, name, isSettled, LIMIT);
  if (state !== STATE.stopped && state !== STATE.stopPending) host.database.stop(name);
  return await awaitState(host, name, hasStopped, LIMIT);
}

/** `icinga-warden service status` */
export async function statusOfService(options: ServiceOptions, host: Host): Promise<number> {
  const { name, json } = options;
  const status = await awaitState(host, name, isSettled, LIMIT);
  const found = host.database.find(name);
  if (json) printJson(statusObject(options, host, status));
  else {
    print(describe(name, status));
    if (found && status) printSettings(found, installedProgram(found, options, host).kind);
  }
  const runs = status?.state === STATE.running || status?.state === STATE.paused;
  return runs ? EXIT.done : EXIT.notRunning;
}

function requireService(options: ServiceOptions, host: Host): QueriedStatus {
  const { name } = options;
  const found = host.database.find(name), status = host.database.query(name);
  if (found && status) {
    requireAgent(found, options, host, "start and stop it with net.exe");
    return status;
  }
  throw new Error(
    `No service '${name}' is installed; '${wardenCommand("install", options)}' installs it`,
  );
}

function sayOutcome(
  options: ServiceOptions,
  host: Host,
  status: QueriedStatus | undefined,
  isDone: boolean,
): number {
  const line = `${describe(options.name, status)}${resumeHint(options, status)}`;
  if (options.json) printJson(statusObject(options, host, status));
  else if (isDone) print(line);
  else printError(line);
  return isDone ? EXIT.done : EXIT.failed;
}

/** A start does not resume a paused service. */
function resumeHint({ name }: ServiceOptions, status: QueriedStatus | undefined): string {
  if (status?.state !== STATE.paused) return "";
  return `; it goes on with: ${pasteLine("sc.exe", ["continue", name])}`;
}

/** The state of a service, in one line. */
function describe(name: string, status: QueriedStatus | undefined): string {
  if (!status) return `Service '${name}' is not installed`;
  const { state, pid } = status;
  const end = state === STATE.stopped ? howItEnded(status) : "";
  const process = pid === 0 ? "" : ` (process ${pid})`;
  return `Service '${name}' is ${serviceStates[state - 1]}${process}${end}`;
}

function howItEnded({ exitCode, ownCode }: QueriedStatus): string {
  if (exitCode === 0 || exitCode === ERROR_SERVICE_NEVER_STARTED) return "";
  if (exitCode !== ERROR_SERVICE_SPECIFIC_ERROR) {
    const { meaning, advice } = meaningOf(exitCode);
    return `: ${meaning} (${exitCode}); ${advice}`;
  }
  const meaning = ownCode === EXIT.usage
    ? "its configuration or command line cannot be used"
    : "it failed";
  return `: ${meaning} (its own code ${ownCode}); its log says why`;
}

function printSettings(
  { commandLine, account, start, recovery }: FoundRegistration,
  kind: ServiceKind,
): void {
  print(`  kind        ${kind}`);
  print(`  runs        ${commandLine}`);
  print(`  as          ${account}`);
  print(`  start       ${start}`);
  print(`  on failure  ${recovery ? describeRecovery(recovery) : "this system does not tell"}`);
}

function statusObject(
  options: ServiceOptions,
  host: Host,
  status: QueriedStatus | undefined,
): Record<string, unknown> {
  const service = options.name;
  const found = host.database.find(service);
  if (!found || !status) return { service, installed: false };
  const { state, ...others } = status;
  const { kind } = installedProgram(found, options, host);
  return { service, installed: true, state: serviceStates[state - 1], ...others, kind, ...found };
}
