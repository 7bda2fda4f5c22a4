/**
 * What the service commands need of Windows, in one place: a test puts another host in its place.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Clock, systemClock } from "../base/mod.ts";
import { currentUser, grantServiceLogon, mayLogOn, sidOf } from "./account.ts";
import type { AgentFiles } from "./agent_arguments.ts";
import type { CommandWords } from "./command_line.ts";
import { hasEventSource, registerEventSource, removeEventSource } from "./event_log.ts";
import { agentPaths, inspectPaths, protectFolder, type Safety } from "./home_safety.ts";
import { listProcesses, type Process } from "./processes.ts";
import { readRegistryText } from "./registry_key.ts";
import { serviceControlManager } from "./scm.ts";
import type { ServiceDatabase } from "./service_database.ts";

/** A Windows machine. */
export interface Host {
  /** Its service control manager. */
  readonly database: ServiceDatabase;
  /** Its files. */
  readonly files: HostFiles;
  /** Its clock. */
  readonly clock: Clock;
  /** Looks at the files of an agent that is to run as `account`. */
  inspect(files: AgentFiles, account: string): Safety;
  /** Whether a security identifier is that of the user who calls. */
  isCaller(sid: string): boolean;
  /** Sets the safe permissions on a folder of an agent that is to run as `account`. */
  protect(folder: string, account: string): void;
  /** The security identifier of an account. */
  sidOf(account: string): string;
  /** Lets an account log on as a service; Windows' own and virtual accounts may already. */
  grantLogon(account: string): void;
  /** The source of events in the event log. */
  readonly events: { isKnown(): boolean; register(): void; remove(): void };
  /** Runs a program to its end. */
  run(command: CommandWords): Promise<{ code: number; output: Uint8Array }>;
  /** Where a program is that is typed like this, absolute; undefined when it is nowhere. */
  programFile(typed: string): string | undefined;
  /** The processes that run. */
  processes(): Process[];
  /** What NSSM runs as a service of this name; undefined when it does not say. */
  nssmCommand(service: string): { application: string; parameters: string } | undefined;
}

/** What is done with files. */
export interface HostFiles {
  /** Renames a file, and replaces one that has the new name. */
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Removes a file, or a folder and all that is in it. */
  remove(path: string): Promise<void>;
  /** Whether two files hold the same bytes. */
  same(a: string, b: string): Promise<boolean>;
  /** The names of what lies in a folder; none when there is no such folder. */
  list(folder: string): Promise<string[]>;
}

/** This machine. */
export const windowsHost: Host = {
  database: serviceControlManager,
  files: {
    rename: Deno.rename,
    copy: Deno.copyFile,
    remove: (path) => Deno.remove(path, { recursive: true }),
    exists: (path) => Deno.stat(path).then(() => true, () => false),
    same: sameFiles,
    list: listFolder,
  },
  clock: systemClock,
  inspect: (files, account) => inspectPaths(agentPaths(files), [sidOf(account)]),
  isCaller: (sid) => sid === currentUser(),
  sidOf,
  protect: (folder, account) => protectFolder(folder, sidOf(account)),
  grantLogon(account) {
    if (!mayLogOn(account)) grantServiceLogon(account);
  },
  events: { isKnown: hasEventSource, register: registerEventSource, remove: removeEventSource },
  async run([program = "", ...args]) {
    const command = new Deno.Command(program, { args, stdin: "null", stderr: "null" });
    const { code, stdout } = await command.output();
    return { code, output: stdout };
  },
  programFile: findProgram,
  processes: listProcesses,
  nssmCommand(service) {
    const key = `SYSTEM\\CurrentControlSet\\Services\\${service}\\Parameters`;
    const application = readRegistryText(key, "Application");
    const parameters = readRegistryText(key, "AppParameters") ?? "";
    return application === undefined ? undefined : { application, parameters };
  },
};

function findProgram(typed: string): string | undefined {
  const file = /\.exe$/i.test(typed) ? typed : `${typed}.exe`;
  const folders = /[\\/]/.test(typed) ? [""] : (Deno.env.get("Path") ?? "").split(";");
  return folders.map((folder) => resolve(folder, file)).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function sameFiles(a: string, b: string): Promise<boolean> {
  const [bytes, others] = await Promise.all([Deno.readFile(a), Deno.readFile(b)]);
  return bytes.length === others.length && bytes.every((byte, i) => byte === others[i]);
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
