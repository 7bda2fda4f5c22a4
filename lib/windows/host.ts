/**
 * What the service commands need of Windows, in one place: a test puts another host in its place.
 *
 * @module
 */
import { resolve } from "node:path";
import { attempt, renameFile, systemClock } from "../base/mod.ts";
import { type LogEntry, type LogFilter, readLogTail } from "../log/mod.ts";
import { currentUser, grantServiceLogon, mayLogOn, sidOf } from "./account.ts";
import type { AgentFiles } from "./agent_arguments.ts";
import type { CommandWords } from "./command_line.ts";
import { eventSource } from "./event_log.ts";
import {
  agentPaths,
  inspectPaths,
  protectFolder,
  type Safety,
  trustedAccounts,
} from "./home_safety.ts";
import { type NssmSettings, readNssmSettings } from "./nssm.ts";
import { listProcesses } from "./processes.ts";
import { serviceControlManager } from "./scm.ts";

/** This machine. */
export const windowsHost = {
  /** Its service control manager. */
  database: serviceControlManager,
  /** Its clock. */
  clock: systemClock,
  /** What is done with its files. */
  files: {
    /** Renames a file, and replaces one that has the new name; a scanner may hold a new exe for a moment. */
    rename: (from: string, to: string): Promise<void> => renameFile(from, to),
    copy: (from: string, to: string): Promise<void> => Deno.copyFile(from, to),
    exists: (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false),
    /** Removes a file, or a folder and all that is in it. */
    remove: (path: string): Promise<void> => Deno.remove(path, { recursive: true }),
    /** Whether two files hold the same bytes. */
    async same(a: string, b: string): Promise<boolean> {
      const [bytes, others] = await Promise.all([Deno.readFile(a), Deno.readFile(b)]);
      return bytes.length === others.length && bytes.every((byte, i) => byte === others[i]);
    },
    /** The names of the files in a folder; none when there is no such folder. */
    async list(folder: string): Promise<string[]> {
      try {
        return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    },
  },
  /** Looks at the files of an agent that is to run as `account`; `writers` are the configuration's `trustedWriters`. */
  inspect(files: AgentFiles, account: string, writers: readonly string[]): Safety {
    const { trusted, problems } = trustedAccounts(files, [sidOf(account)], writers, sidOf);
    const { notes, ...safety } = inspectPaths(agentPaths(files), trusted);
    return { ...safety, notes: [...problems, ...notes] };
  },
  /** Whether a security identifier is that of the user who calls. */
  isCaller: (sid: string): boolean => sid === currentUser(),
  /** Sets the safe permissions on a folder of an agent that is to run as `account`. */
  protect: (folder: string, account: string): void => protectFolder(folder, sidOf(account)),
  sidOf,
  /** Lets an account log on as a service; Windows' own and virtual accounts may already. */
  grantLogon(account: string): void {
    if (!mayLogOn(account)) grantServiceLogon(account);
  },
  /** The source of events in the event log. */
  events: eventSource,
  /** Runs a program to its end. */
  async run([program = "", ...args]: CommandWords): Promise<{ code: number; output: Uint8Array }> {
    const command = new Deno.Command(program, { args, stdin: "null", stderr: "null" });
    const { code, stdout } = await command.output();
    return { code, output: stdout };
  },
  /** The last records of an agent's log; see {@linkcode readLogTail}. */
  readLog: (path: string, lines: number, filter: LogFilter): LogEntry[] =>
    attempt(() => readLogTail(path, lines, filter), () => []),
  programFile: findProgram,
  processes: listProcesses,
  /** How NSSM runs a service of this name; undefined when it does not say. */
  nssmSettings: (service: string): NssmSettings | undefined => readNssmSettings(service),
};

/** A Windows machine. */
export type Host = typeof windowsHost;

/** Where a program is that is typed like this, absolute; undefined when it is nowhere. */
function findProgram(typed: string): string | undefined {
  const file = /\.exe$/i.test(typed) ? typed : `${typed}.exe`;
  // An empty part of the path would be the current folder, where anybody may have put a program.
  const path = (Deno.env.get("Path") ?? "").split(";").filter((folder) => folder !== "");
  const folders = /[\\/]/.test(typed) ? [""] : path;
  return folders.map((folder) => resolve(folder, file)).find(isFile);
}

function isFile(path: string): boolean {
  return attempt(() => Deno.statSync(path).isFile, () => false);
}
