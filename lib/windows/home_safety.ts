/**
 * Whether the agent's files lie where nobody but administrators writes.
 *
 * @module
 */
import { win32 } from "node:path";
import { WindowsError } from "./ffi.ts";
import { readFileSecurity, writeFileSecurity } from "./file_security.ts";
import { type Danger, dangersOf, type Demand, safeDescriptor } from "./safety.ts";
import { readSecurityDescriptor } from "./security_descriptor.ts";

/** What an agent is made of, on the disk. */
export interface AgentFiles {
  exe: string;
  home: string;
  /** The configuration. */
  config: string;
}

/** A path and what is asked of it. */
export interface Watched {
  path: string;
  demand: Demand;
}

/**
 * The paths that decide who runs code as the service: nobody else may write into the exe, its folder, home, the
 * daemons or the configuration, or put another folder in the place of one above them. Pure.
 */
export function watchedPaths({ exe, home, config }: AgentFiles): Watched[] {
  const own = [exe, win32.dirname(exe), home, win32.join(home, "daemons"), config];
  const above = [win32.dirname(exe), home, win32.dirname(config)].flatMap(foldersAbove);
  const unique = (paths: string[]) => [...new Map(paths.map((p) => [p.toLowerCase(), p])).values()];
  const written = unique(own);
  const isWritten = (path: string) => written.some((w) => w.toLowerCase() === path.toLowerCase());
  return [
    ...written.map((path): Watched => ({ path, demand: "unwritable" })),
    ...unique(above).filter((path) => !isWritten(path)).map((path): Watched => ({
      path,
      demand: "unreplaceable",
    })),
  ];
}

/** The folders above a folder, but for the root, which nobody can replace. */
function foldersAbove(folder: string): string[] {
  const parent = win32.dirname(folder);
  return parent === folder || parent === win32.dirname(parent)
    ? []
    : [parent, ...foldersAbove(parent)];
}

/** What makes the agent's files unsafe. */
export interface Safety {
  /** Who could change them. */
  dangers: Danger[];
  /** Who could put other folders in the place of those above them. */
  above: Danger[];
  /** What could not be looked at, and why, a line each. */
  unread: string[];
}

/**
 * Looks at the agent's files. One that is not there is no danger: its folder is looked at as well.
 *
 * @param trusted security identifiers that may own them and write: whom the service runs as.
 * @param read reads the security descriptor string of a path; that of this machine unless told.
 */
export function inspectFiles(
  files: AgentFiles,
  trusted: readonly string[],
  read: (path: string) => string = readFileSecurity,
): Safety {
  const safety: Safety = { dangers: [], above: [], unread: [] };
  for (const { path, demand } of watchedPaths(files)) {
    try {
      const descriptor = readSecurityDescriptor(read(path));
      const found = dangersOf({ path, descriptor, demand }, trusted);
      (demand === "unwritable" ? safety.dangers : safety.above).push(...found);
    } catch (error) {
      if (!isMissing(error)) {
        safety.unread.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  return safety;
}

function isMissing(error: unknown): boolean {
  return error instanceof WindowsError && (error.code === 2 || error.code === 3);
}

/** Folders that are never the agent's alone, so that their permissions are not its to set. */
const SHARED_FOLDERS = [
  /^[a-z]:[\\.]?$/i,
  /^\\\\[^\\]+\\[^\\]+\\?$/,
  /^[a-z]:\\windows(?:\\|$)/i,
  /^[a-z]:\\(?:program files(?: \(x86\))?|programdata|users)\\?$/i,
  /^[a-z]:\\users\\[^\\]+(?:\\(?:desktop|documents|downloads))?\\?$/i,
];

/** Whether a folder may be the agent's alone: no drive, no folder of Windows, nobody's own. Pure. */
export function isProtectable(folder: string): boolean {
  const path = win32.normalize(folder);
  return !SHARED_FOLDERS.some((shared) => shared.test(path));
}

/** Home, and the exe's folder where that is another. Pure. */
export function foldersOf({ exe, home }: AgentFiles): string[] {
  const folder = win32.dirname(exe);
  return folder.toLowerCase() === home.toLowerCase() ? [home] : [home, folder];
}

/** Nothing of its own: what a file in a protected folder inherits is enough. */
const INHERITED = "O:S-1-5-32-544D:";

/**
 * Gives a folder, and all that lies in it, the permissions of `C:\\Program Files`, and Administrators for its owner.
 * Links are left alone: what they lead to is not the agent's.
 *
 * @param account the security identifier of the account that the service runs as.
 * @throws {Error} when the folder cannot be the agent's alone.
 * @throws {WindowsError} when the permissions cannot be set.
 */
export function protectFolder(folder: string, account: string): void {
  if (!isProtectable(folder)) {
    throw new Error(
      `Cannot set the permissions of ${folder}: more than the agent lies there; use a folder of its own`,
    );
  }
  writeFileSecurity(folder, safeDescriptor(account), false);
  for (const path of pathsIn(folder)) writeFileSecurity(path, INHERITED, true);
}

/** The tokens of a running agent keep their own lists, by which fewer may read them. */
function isToken(name: string): boolean {
  return /^(?:control|monitor)\.token(?:\.new)?$/.test(name);
}

function pathsIn(folder: string): string[] {
  const entries = [...Deno.readDirSync(folder)];
  return entries.filter(({ isSymlink, name }) => !isSymlink && !isToken(name)).flatMap(
    ({ name, isDirectory }) => {
      const path = win32.join(folder, name);
      return isDirectory ? [path, ...pathsIn(path)] : [path];
    },
  );
}
