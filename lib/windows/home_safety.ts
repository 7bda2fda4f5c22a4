/**
 * Whether the agent's files lie where nobody but administrators writes.
 *
 * @module
 */
import { win32 } from "node:path";
import { errorMessage } from "../base/mod.ts";
import { WindowsError } from "./ffi.ts";
import { readFileSecurity, writeFileSecurity } from "./file_security.ts";
import { type Danger, dangersOf, type Demand, safeDescriptor } from "./safety.ts";
import { samePath } from "./paths.ts";
import { readSecurityDescriptor } from "./security_descriptor.ts";

/** What an agent is made of, on the disk. */
export interface AgentFiles {
  exe: string;
  home: string;
  /** The configuration. */
  config: string;
  /** The program that runs the agent where that is not Windows itself: NSSM's. */
  runner?: string | undefined;
}

/** A path and what is asked of it. */
export interface Watched {
  path: string;
  demand: Demand;
}

/**
 * The paths that decide who runs code as the service: nobody else may write into the exe, home, the daemons, the
 * configuration or their folders, or put another folder in the place of one above them. Pure.
 */
export function watchedPaths({ exe, home, config, runner }: AgentFiles): Watched[] {
  const programs = [exe, ...(runner === undefined ? [] : [runner])].flatMap(withFolder);
  const own = [...programs, home, win32.join(home, "daemons"), ...withFolder(config)];
  return demands(own, [...programs, home, ...withFolder(config)].flatMap(foldersAbove));
}

/**
 * The paths that decide who changes a module of an agent's, given its file and all that it imports: the files, their
 * folders and, where they lie elsewhere than the agent, the folders above; those above the agent itself are looked
 * at with {@linkcode watchedPaths}. Pure.
 */
export function watchedByModule(modules: readonly string[], files: AgentFiles): Watched[] {
  const own = watchedPaths(files);
  const isOwn = ({ path }: Watched) => own.some((other) => samePath(other.path, path));
  const written = modules.flatMap(withFolder);
  return demands(written, written.flatMap(foldersAbove))
    .filter((watched) => watched.demand === "unwritable" || !isOwn(watched));
}

/** A file and the folder that it lies in. */
function withFolder(file: string): [file: string, folder: string] {
  return [file, win32.dirname(file)];
}

function demands(written: readonly string[], above: readonly string[]): Watched[] {
  const unique = (paths: readonly string[]) => [
    ...new Map(paths.map((path) => [path.toLowerCase(), path])).values(),
  ];
  const isWritten = (path: string) => written.some((other) => samePath(other, path));
  const replaced = unique(above).filter((path) => !isWritten(path));
  return [
    ...unique(written).map((path): Watched => ({ path, demand: "unwritable" })),
    ...replaced.map((path): Watched => ({ path, demand: "unreplaceable" })),
  ];
}

/**
 * Whether the configuration is written by administrators alone, so that what it allows counts: whoever puts another
 * file in its place owns that file, and shows by it. Pure.
 */
export function isConfigSafe({ config }: AgentFiles, dangers: readonly Danger[]): boolean {
  return !dangers.some(({ path }) => samePath(path, config));
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
 * Looks at paths. One that is not there is no danger: its folder is looked at as well.
 *
 * @param trusted security identifiers that may own them and write: whom the service runs as.
 * @param read reads the security descriptor string of a path; that of this machine unless told.
 */
export function inspectPaths(
  paths: readonly Watched[],
  trusted: readonly string[],
  read: (path: string) => string = readFileSecurity,
): Safety {
  const safety: Safety = { dangers: [], above: [], unread: [] };
  for (const { path, demand } of paths) {
    try {
      const descriptor = readSecurityDescriptor(read(path));
      const found = dangersOf({ path, descriptor, demand }, trusted);
      (demand === "unwritable" ? safety.dangers : safety.above).push(...found);
    } catch (error) {
      if (!isMissing(error)) {
        safety.unread.push(errorMessage(error));
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
  /^[a-z]:[\\.]*$/i,
  /^\\\\[^\\]+\\[^\\]+$/,
  /^[a-z]:\\(?:windows|recovery|perflogs|\$recycle\.bin|system volume information)(?:\\|$)/i,
  /^[a-z]:\\program files(?: \(x86\))?(?:\\(?:common files|windowsapps))?$/i,
  /^[a-z]:\\programdata(?:\\microsoft)?$/i,
  /^[a-z]:\\(?:users|documents and settings)(?:\\[^\\]+)?$/i,
  /^[a-z]:\\users\\[^\\]+\\(?:desktop|documents|downloads|onedrive)$/i,
  /^[a-z]:\\users\\[^\\]+\\appdata(?:\\(?:local|locallow|roaming))?$/i,
];

/** Whether a folder may be the agent's alone: no drive, no folder of Windows, nobody's own. Pure. */
export function isProtectable(folder: string): boolean {
  const path = win32.normalize(folder.replace(/^\\\\[?.]\\/, "")).replace(/[\\. ]+$/, "");
  return !SHARED_FOLDERS.some((shared) => shared.test(path));
}

/** Home, and the folders of the exe and of the configuration where they are others. Pure. */
export function foldersOf({ exe, home, config }: AgentFiles): string[] {
  const folders = [home, win32.dirname(exe), win32.dirname(config)];
  return folders.filter((folder, i) => folders.findIndex((f) => samePath(f, folder)) === i);
}

/**
 * @throws {Error} when one of the folders cannot be the agent's alone.
 */
export function requireProtectable(folders: readonly string[]): void {
  const shared = folders.find((folder) => !isProtectable(folder));
  if (shared === undefined) return;
  throw new Error(
    `Cannot set the permissions of ${shared}: more than the agent lies there; use a folder of its own`,
  );
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
  requireProtectable([folder]);
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
