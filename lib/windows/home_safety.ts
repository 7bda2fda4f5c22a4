/**
 * Whether only administrators can change the agent's files: owners and access lists, judged by security identifiers,
 * since the names of groups differ with the language of the system.
 *
 * @module
 */
import { win32 } from "node:path";
import { attempt, errorMessage } from "../base/mod.ts";
import { accountOf, administrators, enablePrivileges, sidOfLetters } from "./account.ts";
import { type AgentFiles, samePath } from "./agent_arguments.ts";
import { ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, WindowsError } from "./ffi/errors.ts";
import { readFileSecurity, writeFileSecurity } from "./file_security.ts";
import {
  type Allowed,
  readSecurityDescriptor,
  type SecurityDescriptor,
  wellKnown,
} from "./security_descriptor.ts";

// winnt.h
const DELETE = 0x10000;
const WRITE_DAC = 0x40000;
const WRITE_OWNER = 0x80000;
const GENERIC_ALL = 0x10000000;
const GENERIC_WRITE = 0x40000000;
const FILE_WRITE_DATA = 0x2;
const FILE_APPEND_DATA = 0x4;
const FILE_DELETE_CHILD = 0x40;

/** The rights that replace a file or folder. */
const REPLACE = DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;

/** The rights that write into a file or folder. */
const WRITE = REPLACE | FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | GENERIC_WRITE;

/** What others must not do with a path: write into it; or only: replace it. */
export type Demand = "unwritable" | "unreplaceable";

/** Why a path is not safe. */
export interface Danger {
  /** The path. */
  path: string;
  /** Who could change it, as a security identifier; undefined: everyone. */
  sid: string | undefined;
  /** Whether this account owns it: an owner can grant itself every right. */
  owns: boolean;
  /** The account's name, where it is known. */
  name?: string | undefined;
  /** Whether versions before this one did not see it: what was installed by them gets a warning for now. */
  isNew?: boolean;
}

/** Whether an account may change the agent's files. */
export type Trust = (sid: string) => boolean;

/** What is asked of Windows about files and accounts. */
export interface SafetyHost {
  /** The security descriptor string of a path. */
  read: (path: string) => string;
  /** The security identifiers of those who belong to Administrators. */
  administrators: () => string[];
  /** The security identifier that letters of a security descriptor string stand for. */
  sidOfLetters: (letters: string) => string;
  /** The name of an account. */
  accountOf: (sid: string) => { domain: string; name: string };
}

const windows: SafetyHost = { read: readFileSecurity, administrators, sidOfLetters, accountOf };

/** A path, and what others must not do with it. */
export interface CheckedPath {
  path: string;
  demand: Demand;
}

/**
 * The trusted accounts: SYSTEM, Administrators and its members, TrustedInstaller, and `accounts`.
 *
 * @param note called with one line when the members of Administrators cannot be read; then nobody counts as a member.
 */
export function trustOf(
  accounts: readonly string[],
  note: (problem: string) => void,
  { administrators, sidOfLetters }: Pick<SafetyHost, "administrators" | "sidOfLetters"> = windows,
): Trust {
  let members: string[] | undefined;
  return (text) => {
    const sid = text.startsWith("S-") ? text : attempt(() => sidOfLetters(text), () => text);
    if (isTrusted(sid) || accounts.includes(sid)) return true;
    members ??= attempt(administrators, (why) => {
      note(why);
      return [];
    });
    return members.includes(sid);
  };
}

/** The accounts that can change a path and are not trusted. */
export function dangersOf(
  { path, demand }: CheckedPath,
  { owner, allowed }: SecurityDescriptor,
  isTrusted: Trust,
): Danger[] {
  const mask = demand === "unwritable" ? WRITE : REPLACE | FILE_DELETE_CHILD;
  const isOwnerTrusted = owner === undefined || isTrusted(owner);
  // The owner, and an entry that stands for the owner, is reported as the owner.
  const isWriter = ({ sid, rights }: Allowed) =>
    (rights & mask) !== 0 && sid !== owner && wellKnown(sid)?.role !== "owner" && !isTrusted(sid);
  const writers = allowed === undefined
    ? [undefined]
    : new Set(allowed.filter(isWriter).map(({ sid }) => sid));
  return [
    ...(isOwnerTrusted ? [] : [{ path, sid: owner, owns: true }]),
    ...[...writers].map((sid) => {
      const isNew = sid !== undefined && wellKnown(sid)?.role !== "ordinary";
      return { path, sid, owns: false, ...(isNew && { isNew }) };
    }),
  ];
}

/** Dangers as text, one line for each account. */
export function describeDangers(dangers: readonly Danger[]): string[] {
  const groups = Map.groupBy(dangers, ({ sid, owns }) => `${owns} ${sid}`);
  return [...groups.values()].map((group) => {
    const { sid, owns, name } = group[0]!;
    const paths = new Set(group.map(({ path }) => path));
    const what = [...paths].join(", ");
    if (sid === undefined) return `Everyone may change ${what}: no access list is there`;
    const known = wellKnown(sid)?.name ?? name;
    const who = known === undefined ? sid : `${known} (${sid})`;
    if (!owns) return `${who} may change ${what}`;
    return `${who} owns ${what}; the owner should be Administrators, SYSTEM or TrustedInstaller`;
  });
}

function isTrusted(sid: string): boolean {
  return wellKnown(sid)?.role === "trusted";
}

/**
 * What `--fix-permissions` grants: SYSTEM and Administrators have full control, Users read and run, as in
 * `C:\Program Files`.
 *
 * @param account the security identifier of the account the service runs under: it may write as well.
 * @returns each account's security identifier with its access mask (winnt.h), and with that as `icacls` writes it.
 */
export function safePermissions(
  account?: string,
): { sid: string; rights: number; icacls: string }[] {
  const full = { rights: 0x1f01ff, icacls: "(OI)(CI)F" };
  const modify = { rights: 0x1301bf, icacls: "(OI)(CI)M" };
  return [
    { sid: "S-1-5-18", ...full },
    { sid: "S-1-5-32-544", ...full },
    { sid: "S-1-5-32-545", rights: 0x1200a9, icacls: "(OI)(CI)RX" },
    ...(account === undefined || isTrusted(account) ? [] : [{ sid: account, ...modify }]),
  ];
}

/**
 * The same as a security descriptor string: Administrators own the folder, it inherits nothing from above, and all that
 * is in it inherits from it and has no list of its own.
 */
export function safeDescriptor(account?: string): string {
  const entries = safePermissions(account).map(({ sid, rights }) =>
    `(A;OICI;0x${rights.toString(16)};;;${sid})`
  );
  return `O:S-1-5-32-544D:PAI${entries.join("")}`;
}

/**
 * The paths that decide who runs code as the service: others must not write into the exe, home, the daemons, the
 * configuration or their folders, or replace a folder above them. Pure.
 */
export function agentPaths({ exe, home, config, runner }: AgentFiles): CheckedPath[] {
  const programs = [exe, ...(runner === undefined ? [] : [runner])].flatMap(withFolder);
  const own = [...programs, home, win32.join(home, "daemons"), ...withFolder(config)];
  return demands(own, [...programs, home, ...withFolder(config)].flatMap(foldersAbove));
}

/**
 * The paths that decide who changes a module of an agent's, given its file and all that it imports: the files, their
 * folders and, where they lie elsewhere than the agent, the folders above; those above the agent itself are looked
 * at with {@linkcode agentPaths}. Pure.
 */
export function modulePaths(modules: readonly string[], files: AgentFiles): CheckedPath[] {
  const own = agentPaths(files);
  const isOwn = ({ path }: CheckedPath) => own.some((other) => samePath(other.path, path));
  const written = modules.flatMap(withFolder);
  return demands(written, written.flatMap(foldersAbove))
    .filter((watched) => watched.demand === "unwritable" || !isOwn(watched));
}

/** A file and its folder. */
function withFolder(file: string): [file: string, folder: string] {
  return [file, win32.dirname(file)];
}

/** Each path once, with the stronger demand, which comes first. */
function demands(written: readonly string[], above: readonly string[]): CheckedPath[] {
  const all: CheckedPath[] = [
    ...written.map((path) => ({ path, demand: "unwritable" as const })),
    ...above.map((path) => ({ path, demand: "unreplaceable" as const })),
  ];
  const groups = Map.groupBy(all, ({ path }) => win32.normalize(path).toLowerCase());
  return [...groups.values()].map(([first]) => first!);
}

/**
 * Whether the configuration is written by administrators alone, so that what it allows counts: whoever puts another
 * file in its place owns that file, and shows by it. Pure.
 */
export function isConfigSafe({ config }: AgentFiles, dangers: readonly Danger[]): boolean {
  return !dangers.some(({ path }) => samePath(path, config));
}

/** The folders above a folder without the root, which cannot be replaced. */
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
  /** Paths that could not be read, and why, a line each. */
  unread: string[];
  /** What else to say, a line each; none of it makes a path unsafe. */
  notes: string[];
}

/**
 * Checks paths. A path that does not exist is no danger, since its folder is checked too.
 *
 * @param accounts security identifiers that may own them and write: whom the service runs as.
 */
export function inspectPaths(
  paths: readonly CheckedPath[],
  accounts: readonly string[],
  host: SafetyHost = windows,
): Safety {
  const safety: Safety = { dangers: [], above: [], unread: [], notes: [] };
  const isTrusted = trustOf(accounts, (problem) => safety.notes.push(problem), host);
  for (const checked of paths) {
    try {
      const descriptor = readSecurityDescriptor(host.read(checked.path));
      const found = dangersOf(checked, descriptor, isTrusted);
      (checked.demand === "unwritable" ? safety.dangers : safety.above).push(...found);
    } catch (error) {
      if (!isMissing(error)) safety.unread.push(errorMessage(error));
    }
  }
  addNames([...safety.dangers, ...safety.above], host);
  return safety;
}

/** Each account is looked up once: a domain may be slow to answer, or not there. */
function addNames(dangers: readonly Danger[], { accountOf }: SafetyHost): void {
  for (const [sid, group] of Map.groupBy(dangers, ({ sid }) => sid)) {
    if (sid === undefined || wellKnown(sid)) continue;
    const find = () => {
      const { domain, name } = accountOf(sid);
      return domain === "" ? name : `${domain}\\${name}`;
    };
    const name = attempt(find, () => undefined);
    for (const danger of group) danger.name = name;
  }
}

/** Why `trustedWriters` is ignored. */
const CANNOT_TRUST =
  `"trustedWriters" does not count, since others than administrators can write the configuration`;

/**
 * The accounts that may write the agent's files: those given and, where the configuration is written by trusted accounts
 * alone, those that it names in `trustedWriters`; and what to say of names that do not count, a line each.
 *
 * @param writers account names or security identifiers.
 * @param sidOf gives the security identifier of a name, and throws where there is no such account.
 */
export function trustedAccounts(
  files: AgentFiles,
  accounts: readonly string[],
  writers: readonly string[],
  sidOf: (account: string) => string,
  host: SafetyHost = windows,
): { trusted: string[]; problems: string[] } {
  const trusted = [...accounts], problems: string[] = [];
  if (writers.length === 0) return { trusted, problems };
  const config: CheckedPath = { path: files.config, demand: "unwritable" };
  const { dangers, unread } = inspectPaths([config], accounts, host);
  if (dangers.length > 0 || unread.length > 0) return { trusted, problems: [CANNOT_TRUST] };
  for (const writer of writers) {
    const find = () => void trusted.push(/^S-1-/i.test(writer) ? writer : sidOf(writer));
    attempt(find, (why) => void problems.push(`"trustedWriters": ${why}`));
  }
  return { trusted, problems };
}

function isMissing(error: unknown): boolean {
  return error instanceof WindowsError &&
    [ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND].includes(error.code);
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

/** Whether a folder may be the agent's alone: not a drive, a folder of Windows or a user's own. Pure. */
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

/** No entries of its own: a file in a protected folder inherits them. */
const INHERITED = "O:S-1-5-32-544D:";

/**
 * Gives a folder, and everything in it, the permissions of `C:\\Program Files`, and Administrators for its owner.
 * Links are not followed: their targets do not belong to the agent.
 *
 * @param account the security identifier of the account the service runs under.
 * @throws {Error} when the folder cannot be the agent's alone.
 * @throws {WindowsError} when the permissions cannot be set.
 */
export function protectFolder(folder: string, account: string): void {
  requireProtectable([folder]);
  // An administrator needs these privileges to change what other accounts own.
  enablePrivileges("SeTakeOwnershipPrivilege", "SeRestorePrivilege");
  writeFileSecurity(folder, safeDescriptor(account), false);
  for (const path of pathsIn(folder)) writeFileSecurity(path, INHERITED, true);
}

/** The tokens of a running agent keep their own, stricter lists. */
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
