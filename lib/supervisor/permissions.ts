import { fileURLToPath } from "node:url";
import type { DaemonPermissions } from "../daemon/mod.ts";

/** From source a worker imports the project's own files, and needs to read them; an exe holds them. */
const SOURCE_FOLDERS = Deno.build.standalone
  ? []
  : [fileURLToPath(new URL("../../", import.meta.url))];

/**
 * The permissions that a daemon's worker gets: what it is allowed, reading its module's folder, and nothing
 * else.
 *
 * @param allowed what its module declares and the configuration grants, paths absolute.
 * @param moduleFolder absolute path; undefined for a daemon that ships inside the program.
 * @param programs absolute paths of what the service manager runs; none where it is simulated.
 */
export function workerPermissions(
  allowed: DaemonPermissions,
  moduleFolder: string | undefined,
  programs: readonly string[],
): Deno.PermissionOptionsObject {
  const { services, read = [], write = [], run = [], net = [], env = [], ffi = [], sys = [] } =
    allowed;
  return {
    read: asOption([...SOURCE_FOLDERS, ...(moduleFolder ? [moduleFolder] : []), ...read]),
    run: asOption([...(services ? programs : []), ...run]),
    write: asOption(write),
    net: asOption(net),
    env: asOption(env),
    ffi: asOption(ffi),
    sys: asOption(sys) as Deno.PermissionOptionsObject["sys"],
    import: [],
  };
}

/** An empty list would be refused for some kinds of permission; `false` is none for all. */
function asOption(list: readonly string[]): string[] | boolean {
  return list.includes("*") || (list.length > 0 && [...list]);
}
