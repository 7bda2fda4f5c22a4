import { win32 } from "node:path";
import { attempt } from "../../base/mod.ts";
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
  type SettingDrift,
  STATE,
} from "../../windows/mod.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { planned } from "./install.ts";
import { homeOf, installedProgram, requireAgent } from "./installed.ts";
import { type ServiceOptions, wardenCommand } from "./options.ts";
import { settingsDrift, showSteps } from "./steps.ts";

/** How long a service may take to start or stop, ms. */
const LIMIT = 60_000;

/** `icinga-warden service start` */
export async function startService(options: ServiceOptions, host: Host): Promise<number> {
  const { name } = options;
  const { state } = requireService(options, host);
  if (options.dryRun) return showControl("start", options);
  const since = Date.now();
  if (state === STATE.stopPending) await awaitState(host, name, hasStopped, LIMIT);
  if (host.database.query(name)?.state === STATE.stopped) host.database.start(name);
  const status = await awaitState(host, name, isSettled, LIMIT);
  return sayOutcome(options, host, status, status?.state === STATE.running, since);
}

/** `icinga-warden service stop` */
export async function stopService(options: ServiceOptions, host: Host): Promise<number> {
  requireService(options, host);
  if (options.dryRun) return showControl("stop", options);
  const status = await bringToStop(options.name, host);
  return sayOutcome(options, host, status, hasStopped(status?.state));
}

/** `icinga-warden service restart`: also starts a service that is stopped. */
export async function restartService(options: ServiceOptions, host: Host): Promise<number> {
  requireService(options, host);
  if (options.dryRun) return showControl("restart", options);
  const status = await bringToStop(options.name, host);
  if (!hasStopped(status?.state)) return sayOutcome(options, host, status, false);
  return await startService(options, host);
}

/** The actions that {@linkcode showControl} knows, each by the commands that do it. */
const CONTROLS = { start: ["start"], stop: ["stop"], restart: ["stop", "start"] };

/** Whether an action starts or stops a service. */
export function isControl(action: string): action is keyof typeof CONTROLS {
  return Object.hasOwn(CONTROLS, action);
}

/** Prints the commands that start or stop a service. */
export function showControl(action: keyof typeof CONTROLS, options: ServiceOptions): number {
  showSteps(
    [{ commands: CONTROLS[action].map((verb) => ["net.exe", verb, options.name]) }],
    options,
  );
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
  const wait = nssmWait(options, host, status);
  if (json) printJson(statusObject(options, host, status));
  else {
    print(describe(name, status) + (wait ?? ""));
    if (found && status) printSettings(found, options, host);
  }
  const isPaused = status?.state === STATE.paused && wait === undefined;
  return status?.state === STATE.running || isPaused ? EXIT.done : EXIT.notRunning;
}

function requireService(options: ServiceOptions, host: Host): QueriedStatus {
  const { name } = options;
  const found = host.database.find(name), status = host.database.query(name);
  if (found && status) {
    requireAgent(found, options, host, "start and stop it with net.exe");
    return status;
  }
  throw new Error(
    `Service '${name}' is not installed; '${wardenCommand("install", options)}' installs it`,
  );
}

function sayOutcome(
  options: ServiceOptions,
  host: Host,
  status: QueriedStatus | undefined,
  isDone: boolean,
  since = Infinity,
): number {
  const hint = nssmWait(options, host, status) ?? resumeHint(options, status);
  const reason = lastWords(options, host, since);
  const line = describe(options.name, status, reason) + hint;
  if (options.json) printJson({ ...statusObject(options, host, status), reason });
  else if (isDone) print(line);
  else printError(line);
  return isDone ? EXIT.done : EXIT.failed;
}

/** The last that the agent of a service said before it ended, if that was not before `since`, Unix ms. */
function lastWords(options: ServiceOptions, host: Host, since: number): string | undefined {
  const found = host.database.find(options.name);
  if (!found) return undefined;
  const [fatal] = host.readLog(logOf(found, options, host), 1, { level: "fatal" });
  return fatal && fatal.time >= since ? fatal.message : undefined;
}

/** The log of the agent that a service runs. */
function logOf(found: FoundRegistration, options: ServiceOptions, host: Host): string {
  return win32.join(homeOf(found, options, host), "logs", "icinga-warden.log");
}

/** A start does not resume a paused service. */
function resumeHint({ name }: ServiceOptions, status: QueriedStatus | undefined): string {
  if (status?.state !== STATE.paused) return "";
  return `; to resume it: ${pasteLine("sc.exe", ["continue", name])}`;
}

/** Why a service under NSSM is paused: NSSM waits longer and longer before it starts an agent again that soon ends. */
function nssmWait(
  options: ServiceOptions,
  host: Host,
  status: QueriedStatus | undefined,
): string | undefined {
  const found = host.database.find(options.name);
  if (!found || status?.state !== STATE.paused) return undefined;
  if (installedProgram(found, options, host).kind !== "nssm") return undefined;
  const log = logOf(found, options, host);
  return `: NSSM waits, since the agent ends soon after each start; see ${log}`;
}

/** The settings of a service that 'service install' would set otherwise; none where it would be refused. */
function differences(
  found: FoundRegistration,
  options: ServiceOptions,
  host: Host,
): readonly SettingDrift[] {
  const { kind } = installedProgram(found, options, host);
  if (kind === "other") return [];
  const plan = () => settingsDrift(planned({ ...options, runner: kind }, host, found));
  return attempt(plan, () => []);
}

/** The state of a service, in one line. @param why what its agent said as it ended. */
function describe(name: string, status: QueriedStatus | undefined, why?: string): string {
  if (!status) return `Service '${name}' is not installed`;
  const { state, pid } = status;
  const end = state === STATE.stopped ? howItEnded(status, why) : "";
  const process = pid === 0 ? "" : ` (process ${pid})`;
  return `Service '${name}' is ${serviceStates[state - 1]}${process}${end}`;
}

function howItEnded({ exitCode, ownCode }: QueriedStatus, why?: string): string {
  if (exitCode === 0 || exitCode === ERROR_SERVICE_NEVER_STARTED) return "";
  if (exitCode !== ERROR_SERVICE_SPECIFIC_ERROR) {
    const { meaning, advice } = meaningOf(exitCode);
    return `: ${meaning} (${exitCode}); ${advice}`;
  }
  const meaning = ownCode === EXIT.usage
    ? "its configuration or command line cannot be used"
    : "it has failed";
  return `: ${meaning} (its own code ${ownCode}); ${why ?? "its log says why"}`;
}

function printSettings(found: FoundRegistration, options: ServiceOptions, host: Host): void {
  const { commandLine, account, start, recovery } = found;
  const { kind } = installedProgram(found, options, host);
  print(`  kind        ${kind}`);
  print(`  runs        ${commandLine}`);
  if (kind !== "other") print(`  home        ${homeOf(found, options, host)}`);
  print(`  as          ${account}`);
  print(`  start       ${start}`);
  print(`  on failure  ${recovery ? describeRecovery(recovery) : "this system does not tell"}`);
  const differs = differences(found, options, host);
  for (const { setting, found, wanted } of differs) {
    print(`  differs     ${setting}: ${found || "none"}; 'service install' sets ${wanted}`);
  }
  if (differs.length === 0) return;
  const runner = kind === "nssm" ? " --with nssm" : "";
  print(`  to set it   ${wardenCommand("install", options)}${runner} --force`);
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
  const differs = differences(found, options, host);
  const known = { service, installed: true, state: serviceStates[state - 1] };
  return { ...known, ...others, kind, ...found, differs };
}
