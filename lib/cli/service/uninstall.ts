import { win32 } from "node:path";
import { attempt, errorMessage } from "../../base/mod.ts";
import {
  agentOf,
  awaitState,
  type CommandWords,
  EVENT_SOURCE_KEY,
  hasStopped,
  type Host,
  readAgentFlags,
} from "../../windows/mod.ts";
import { EXIT } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { bringToStop } from "./start_stop.ts";
import { ofHome, otherAgents, requireAgent } from "./installed.ts";
import type { ServiceOptions } from "./options.ts";
import { runSteps, showSteps, type Step } from "./steps.ts";

/** How long a service that is marked for deletion may stay, ms. */
const GONE_LIMIT = 30_000;

/** `icinga-warden service uninstall` */
export async function uninstallService(options: ServiceOptions, host: Host): Promise<number> {
  const { name, dryRun, json } = options;
  if (!dryRun) host.database.requireAdministrator();
  const found = host.database.find(name);
  if (!found) return sayMissing(options);
  const { exe, args } = requireAgent(found, options, host, "it stays");
  const { home } = agentOf(exe, readAgentFlags(args)).files;
  const others = otherAgents(options, host);
  // Only native agents write events.
  const isLast = !others.some(({ kind }) => kind === "native");
  const steps = uninstallSteps(options, host, isLast);
  // The files of another agent would be lost.
  const other = options.purge ? ofHome(home, others) : undefined;
  const shared = other === undefined ? [] : [`${home}: service '${other}' runs its agent`];
  const purged = () => options.purge && !other ? purgedPaths(home, host.files) : [];
  if (dryRun) {
    for (const why of shared) printError(`icinga-warden: Nothing would be purged from ${why}`);
    showSteps([...steps, { commands: (await purged()).map(purgeCommand) }], options);
    return EXIT.done;
  }
  await runSteps(steps);
  const left = [...shared, ...await purge(await purged(), host.files)];
  if (json) printJson({ service: name, wasInstalled: true, home, left });
  else sayRemoved(options, home, left);
  return left.length === 0 ? EXIT.done : EXIT.failed;
}

/**
 * The steps that stop and remove a service.
 *
 * @param isLast whether to remove the source of events: no other agent uses it.
 */
export function uninstallSteps(
  { name }: Pick<ServiceOptions, "name">,
  host: Host,
  isLast: boolean,
): Step[] {
  const { database, events } = host;
  const stop: Step = {
    commands: [["net.exe", "stop", name]],
    async run() {
      if (hasStopped((await bringToStop(name, host))?.state)) return;
      throw new Error(`Service '${name}' did not stop within 60 s; it stays installed`);
    },
  };
  const remove: Step = {
    commands: [["sc.exe", "delete", name]],
    async run() {
      database.remove(name);
      const isGone = (state: unknown) => state === undefined;
      if (await awaitState(host, name, isGone, GONE_LIMIT)) throw held(name, host);
    },
  };
  const forget: Step = {
    commands: [["reg.exe", "delete", `HKLM\\${EVENT_SOURCE_KEY}`, "/f"]],
    // Without the source only the texts of old events are missing.
    run: () => attempt(() => events.remove(), (why) => printError(`icinga-warden: ${why}`)),
  };
  return isLast ? [stop, remove, forget] : [stop, remove];
}

/** Without the service its home is not known. */
function sayMissing({ name, purge, json }: ServiceOptions): number {
  if (json) printJson({ service: name, wasInstalled: false });
  else print(`Service '${name}' is not installed`);
  if (!purge) return EXIT.done;
  printError("icinga-warden: Nothing is purged: the home of a missing service is not known");
  return EXIT.failed;
}

/**
 * What belongs to the agent in home, and what it has set aside; the exe and other files stay. The folders of daemons and
 * of secrets belong to it as a whole.
 */
const KEPT_IN_HOME =
  /^(?:daemons|secrets|(?:control|monitor)\.token(?:\.new)?|(?:icinga-warden(?:\.run)?|state)\.json.*|icinga-warden\.lock)$/i;

/** What belongs to the agent in the folder of logs. */
const KEPT_IN_LOGS = /^icinga-warden\.log/i;

/** The paths in home that `--purge` removes: a folder comes after the files in it. */
async function purgedPaths(home: string, files: Host["files"]): Promise<string[]> {
  const logs = win32.join(home, "logs");
  const names = await files.list(home), inLogs = await files.list(logs);
  const ours = inLogs.filter((name) => KEPT_IN_LOGS.test(name));
  const isOurs = names.includes("logs") && ours.length === inLogs.length;
  return [
    ...names.filter((name) => KEPT_IN_HOME.test(name)).map((name) => win32.join(home, name)),
    ...ours.map((name) => win32.join(logs, name)),
    ...(isOurs ? [logs] : []),
  ];
}

/** Removes a file, or a folder with all that is in it. */
function purgeCommand(path: string): CommandWords {
  const isFolder = /\\(?:daemons|secrets|logs)$/i.test(path);
  return isFolder ? ["rmdir", "/s", "/q", path] : ["del", "/q", path];
}

/** Removes paths, and returns those that could not be removed, each with the reason. */
async function purge(paths: readonly string[], files: Host["files"]): Promise<string[]> {
  const left: string[] = [];
  for (const path of paths) {
    await files.remove(path).catch((error) => left.push(`${path}: ${errorMessage(error)}`));
  }
  return left;
}

function sayRemoved(
  { name, purge }: ServiceOptions,
  home: string,
  left: readonly string[],
): void {
  print(`Removed service '${name}'`);
  if (!purge) return print(`Not removed: the files in ${home}`);
  if (left.length === 0) return print(`Removed the agent's files from ${home}`);
  printError(`icinga-warden: Not all of the agent's files could be removed from ${home}; left are`);
  for (const line of left) printError(`  ${line}`);
}

/** Programs that are known to keep services open. */
const HOLDERS =
  /^(?:mmc|taskmgr|procexp(?:64)?|processhacker|systeminformer|perfmon|eventvwr|servermanager|powershell|pwsh)\.exe$/i;

/** Windows does not tell which program has a service open; the running ones that often do are named. */
function held(name: string, host: Host): Error {
  const found = attempt(() => host.processes(), () => []).filter(({ exe }) => HOLDERS.test(exe))
    .map(({ pid, exe }) => `${exe} (process ${pid})`);
  const who = found.length > 0
    ? `close ${found.join(", ")}`
    : "close services.msc, Task Manager and whatever else looks at services";
  return new Error(
    `Service '${name}' is marked for deletion, but a program has it open; ${who}, or restart Windows`,
  );
}
