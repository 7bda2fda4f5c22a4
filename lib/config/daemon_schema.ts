import { posix } from "node:path";
import * as v from "valibot";
import { expectedOneOf, refuseReserved } from "../base/mod.ts";
import { refuseSchedule } from "../base/schedule.ts";
import { duration, MB, MINUTE, refusedBy, SECOND, size, text, yesNo } from "./fields.ts";

const RESTARTS = ["always", "on-failure", "never"] as const;

/** What a daemon may be called. */
export const DaemonName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z][a-z0-9_]{0,63}$/,
    "expected small letters, digits and _, a letter first, at most 64",
  ),
);

const permissionList = (description: string) =>
  v.optional(v.pipe(
    v.array(text(), "expected a list of texts in square brackets"),
    v.description(description),
  ));

const permissions = v.pipe(
  v.strictObject({
    services: v.optional(yesNo("Whether it may query, start and stop services")),
    read: permissionList("Files and folders that it may read, in home or absolute; * is all"),
    write: permissionList("Files and folders that it may write, in home or absolute; * is all"),
    run: permissionList("Programs that it may run; * is all"),
    net: permissionList("Hosts that it may speak to, host or host:port; * is all"),
    env: permissionList("Environment variables that it may read; * is all"),
    ffi: permissionList("Libraries that it may load; * is all"),
    secrets: permissionList("Names of secrets that it may read; * is all"),
    sys: permissionList("What it may ask of the system, such as hostname; * is all"),
  }),
  v.description(
    "What the daemon may do, of what its module declares; its own folder it reads anyway",
  ),
);

/** The form of one daemon's entry. */
export const DaemonSchema = v.strictObject({
  module: v.optional(v.pipe(
    v.string("expected a path in double quotes"),
    v.description(
      "The daemon's file (.ts, .js or .mjs), in home or at an absolute path, or the name of a built-in daemon",
    ),
    refusedBy(checkModulePath),
  )),
  arguments: v.optional(
    v.pipe(v.record(v.string(), v.unknown()), v.description("The daemon's arguments by name")),
    {},
  ),
  enabled: v.optional(
    yesNo("Whether the daemon runs; false keeps its entry and does not start it"),
    true,
  ),
  permissions: v.optional(permissions),
  restart: v.optional(
    v.pipe(
      v.picklist(RESTARTS, expectedOneOf(RESTARTS)),
      v.description("When the daemon is started again: whatever its end, when it failed, or never"),
    ),
    "on-failure",
  ),
  schedule: v.optional(v.pipe(
    text(),
    v.description("When its run is called, as cron writes it: a job whose run returns"),
    refusedBy((pattern) => refuseSchedule(pattern)),
  )),
  timeZone: v.optional(v.pipe(
    text(),
    v.description("The time zone of schedule, such as Europe/Berlin"),
    refusedBy((zone) => refuseSchedule("* * * * *", zone)),
  )),
  frozenAfter: v.optional(
    duration("After this time without a heartbeat it is ended and started again", {
      min: 200,
      max: 24 * 60 * MINUTE,
    }),
    "30s",
  ),
  memoryLimit: v.optional(
    size("With more memory than this it is ended and started again", { min: 16 * MB }),
    "256MB",
  ),
  failedRetry: v.optional(
    duration(
      "How long it is left alone after it failed too often in a row, or since threads of it cannot be ended",
      {
        min: SECOND,
        max: 24 * 60 * MINUTE,
      },
    ),
    "10m",
  ),
});

/**
 * What would be right instead of `path` for a daemon's module, as a clause of an error message;
 * undefined when it is right.
 *
 * A module lies in home (a relative path that does not leave it) or at an absolute path, `C:\…`,
 * `\\server\share\…` or `/…`. Either separator may be used. Or it is the name of a built-in daemon.
 */
export function checkModulePath(path: string): string | undefined {
  if (/\p{Cc}/u.test(path)) return String.raw`expected a path; write \\ for each backslash`;
  if (/^[a-z][a-z0-9_]*$/.test(path)) return undefined; // a built-in daemon, looked up elsewhere
  if (!/[^\\/]\.(?:ts|js|mjs)$/.test(path)) return "expected a path that ends in .ts, .js or .mjs";
  if (path.replace(/^[A-Za-z]:[\\/]/, "").includes(":")) {
    return "expected a path in home or an absolute path, with no colon but a drive's";
  }
  const reserved = path.split(/[\\/]/).find((part) => refuseReserved(part) !== undefined);
  if (reserved !== undefined) return `expected a path without ${refuseReserved(reserved)}`;
  const isAbsolute = /^(?:[A-Za-z]:)?[\\/]/.test(path);
  const leaves = posix.normalize(path.replaceAll("\\", "/")).startsWith("../");
  return leaves && !isAbsolute ? "expected a path in home or an absolute path" : undefined;
}
