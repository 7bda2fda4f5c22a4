import { resolve, sep } from "node:path";
import { attempt, sanitize } from "../base/mod.ts";
import { icingaFolder } from "../icinga/folder.ts";
import {
  type DaemonPermissions,
  DISKS,
  PERMISSION_LISTS,
  type PermissionList,
} from "../daemon/mod.ts";

/** The item that covers every item of its kind. */
const ALL = "*";

/** The kinds whose items are paths. */
const PATHS: readonly PermissionList[] = ["read", "write", "run", "ffi"];

/** What stands for the placeholders of a declaration. */
export interface Placeholders {
  /** The home folder, absolute. */
  home: string;
  /** The daemon's arguments as the configuration writes them, defaults included. */
  arguments: Readonly<Record<string, unknown>>;
}

/** A daemon's permissions. */
export interface Grant {
  /** What it declares and the configuration grants; paths absolute, placeholders replaced. */
  permissions: DaemonPermissions;
  /** What it declares and the configuration does not grant, in the configuration's form. */
  missing: DaemonPermissions;
}

/**
 * Compares what a module declares with what the configuration grants.
 *
 * @param granted undefined: all that is declared, as for a built-in daemon without permissions in its entry.
 */
export function grantPermissions(
  declared: DaemonPermissions,
  granted: DaemonPermissions | undefined,
  placeholders: Placeholders,
): Grant {
  const wanted = fillIn(declared, placeholders);
  if (granted === undefined) return { permissions: wanted, missing: {} };
  const given = resolvePaths(granted, placeholders.home);
  const isGranted = (kind: PermissionList) => (item: string) =>
    given[kind]?.some((other) => covers(kind, other, item));
  const permissions: DaemonPermissions = {};
  const missing: DaemonPermissions = {};
  if (wanted.services) (granted.services ? permissions : missing).services = true;
  for (const kind of PERMISSION_LISTS) {
    const items = wanted[kind] ?? [];
    const allowed = items.filter(isGranted(kind));
    const refused = items.filter((item) => !isGranted(kind)(item));
    if (allowed.length > 0) permissions[kind] = allowed;
    if (refused.length > 0) missing[kind] = refused;
  }
  return { permissions, missing };
}

/** What a module declares, with its placeholders replaced and its paths absolute. */
export function fillIn(declared: DaemonPermissions, placeholders: Placeholders): DaemonPermissions {
  const filled: DaemonPermissions = declared.services ? { services: true } : {};
  for (const kind of PERMISSION_LISTS) {
    const items = (declared[kind] ?? []).flatMap((item) => replace(item, placeholders));
    if (items.length > 0) filled[kind] = items;
  }
  return resolvePaths(filled, placeholders.home);
}

/** Permissions on one line: `read "C:\data", services`, or `none`. */
export function describePermissions(permissions: DaemonPermissions): string {
  const lists = PERMISSION_LISTS.flatMap((kind) =>
    (permissions[kind] ?? []).map((item) => `${kind} ${JSON.stringify(item)}`)
  );
  return [...lists, ...(permissions.services ? ["services"] : [])].join(", ") || "none";
}

/** An item once for each value of the argument that it names; none when that is empty. */
function replace(item: string, { home, arguments: values }: Placeholders): string[] {
  const name = /\{(\w+)\}/.exec(item)?.[1];
  if (name === undefined) return [item];
  const value = name === "home" ? home : name === "icinga" ? icingaRoot(values) : values[name];
  const texts = (Array.isArray(value) ? value : [value ?? ""]).map(String);
  return texts.filter((text) => text !== "").map((text) =>
    item.replaceAll(`{${name}}`, () => text)
  );
}

/** The folder of Icinga's, where its argument does not name it. */
function icingaRoot({ dataDir }: Placeholders["arguments"]): string {
  return icingaFolder(String(dataDir ?? ""), Deno.env.get("ProgramData")).root;
}

function resolvePaths(permissions: DaemonPermissions, home: string): DaemonPermissions {
  const absolute = (kind: PermissionList, item: string) => {
    const isBareName = (kind === "run" || kind === "ffi") && !/[\\/]/.test(item);
    return item === ALL || isBareName ? item : resolve(home, item);
  };
  const resolved = { ...permissions };
  for (const kind of PATHS) {
    const items = permissions[kind]?.map((item) => absolute(kind, item));
    if (items) resolved[kind] = items;
  }
  if (permissions.net) resolved.net = [...new Set(permissions.net.map(hostOf))];
  return resolved;
}

const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** The host and port of an address such as `https://example.org/x`; anything else as it is. */
function hostOf(item: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(item) || !URL.canParse(item)) return item;
  const { hostname, port, protocol } = new URL(item);
  const used = port || PORTS[protocol];
  return used === undefined ? hostname : `${hostname}:${used}`;
}

function covers(kind: PermissionList, granted: string, wanted: string): boolean {
  if (granted === ALL) return true;
  if (wanted === ALL) return false;
  if (kind === "read" || kind === "write") return isInside(fold(granted), fold(wanted));
  if (kind === "net") return wanted === granted || wanted.replace(/:\d+$/, "") === granted;
  return kind === "sys" ? wanted === granted : fold(wanted) === fold(granted);
}

function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Windows ignores case in paths and in names of variables. */
function fold(text: string): string {
  return Deno.build.os === "windows" ? text.replaceAll("/", "\\").toLowerCase() : text;
}

/** What the runtime takes, for the kinds of which it refuses some. */
const EXPECTED: Readonly<Record<string, string>> = {
  net: "expected host or host:port, such as localhost:8080",
  sys: "expected disks, or a name of Deno such as hostname",
};

const known = new Map<string, string | undefined>();

/**
 * Why a worker cannot have these permissions, in one line; undefined when it can. The runtime is asked: it refuses a
 * worker with an item that it cannot read, such as a URL in `net`.
 *
 * @param permissions filled in, as a worker gets them.
 */
export function refusePermissions(permissions: DaemonPermissions): string | undefined {
  for (const kind of PERMISSION_LISTS) {
    for (const item of permissions[kind] ?? []) {
      const isOwn = item === "*" || (kind === "sys" && item === DISKS);
      const why = kind in EXPECTED && !isOwn ? refuseItem(kind, item) : undefined;
      if (why === undefined) continue;
      const named = describePermissions({ [kind]: [item] });
      return sanitize(`permission ${named} cannot be used; ${EXPECTED[kind]} (${why})`);
    }
  }
  return undefined;
}

/** A worker costs milliseconds, and on Linux Deno 2.7.11 keeps handles of each: an item is tried once. */
function refuseItem(kind: string, item: string): string | undefined {
  const key = `${kind} ${item}`;
  if (!known.has(key)) known.set(key, attempt(() => startWith(kind, item), (why) => why));
  return known.get(key);
}

function startWith(kind: string, item: string): undefined {
  const deno = { permissions: { [kind]: [item] } } as { permissions: Deno.PermissionOptionsObject };
  new Worker("data:text/javascript,", { type: "module", deno }).terminate();
}
