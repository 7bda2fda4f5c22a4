import { fileURLToPath } from "node:url";
import type { DaemonPermissions } from "../daemon/mod.ts";

/** From source a worker imports the project's own files, and needs to read them; an exe holds them. */
const SOURCE_FOLDERS = Deno.build.standalone
  ? []
  : [fileURLToPath(new URL("../../", import.meta.url))];

/**
 * The permissions that a daemon's worker gets: what it declared, reading its module's folder, and nothing
 * else.
 *
 * @param moduleFolder absolute path; undefined for a daemon that ships inside the program.
 * @param programs absolute paths of what the service manager runs; none where it is simulated.
 */
export function workerPermissions(
  declared: DaemonPermissions,
  moduleFolder: string | undefined,
  programs: readonly string[],
): Deno.PermissionOptionsObject {
  return {
    read: orNone([...SOURCE_FOLDERS, ...(moduleFolder === undefined ? [] : [moduleFolder])]),
    run: orNone(declared.services ? programs : []),
    write: false,
    net: false,
    env: false,
    ffi: false,
    sys: false,
    import: [],
  };
}

/** An empty list would be refused for some kinds of permission; `false` is none for all. */
function orNone(list: readonly string[]): string[] | false {
  return list.length > 0 ? [...list] : false;
}
