import { win32 } from "node:path";
import { errorMessage } from "../../base/mod.ts";
import type { HostFiles } from "../../windows/host.ts";

/**
 * What the agent keeps in home, and what it has set aside; the exe and what is not the agent's stay. The folder of
 * daemons goes as a whole.
 */
const KEPT_IN_HOME =
  /^(?:daemons|(?:control|monitor)\.token(?:\.new)?|(?:icinga-warden(?:\.run)?|state)\.json.*|icinga-warden\.lock)$/i;

/** What the agent keeps in the folder of logs. */
const KEPT_IN_LOGS = /^icinga-warden\.log/i;

/** The paths that `--purge` removes from home: a folder comes after what is in it. */
export async function purgedPaths(home: string, files: HostFiles): Promise<string[]> {
  const logs = win32.join(home, "logs");
  const names = await files.list(home), inLogs = await files.list(logs);
  const kept = names.filter((name) => KEPT_IN_HOME.test(name));
  const ours = inLogs.filter((name) => KEPT_IN_LOGS.test(name));
  const isOurs = names.includes("logs") && ours.length === inLogs.length;
  return [
    ...kept.map((name) => win32.join(home, name)),
    ...ours.map((name) => win32.join(logs, name)),
    ...(isOurs ? [logs] : []),
  ];
}

/** Removes paths, each for itself, and returns those that stay, each with the reason. */
export async function purge(paths: readonly string[], files: HostFiles): Promise<string[]> {
  const left: string[] = [];
  for (const path of paths) {
    try {
      await files.remove(path);
    } catch (error) {
      left.push(`${path}: ${errorMessage(error)}`);
    }
  }
  return left;
}
