import { attempt, sanitize } from "../base/mod.ts";
import { type DaemonPermissions, DISKS, PERMISSION_LISTS } from "../daemon/mod.ts";
import { describePermissions } from "./grant.ts";

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
