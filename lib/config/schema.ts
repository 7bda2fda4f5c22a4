import * as v from "valibot";
import { LOG_LEVELS } from "../log/level.ts";
import { ControlSchema } from "./control_schema.ts";
import { checkModulePath } from "./module_path.ts";
import { expectedOneOf } from "./problem.ts";
import {
  type Bounds,
  DURATION_PATTERN,
  expectedDuration,
  expectedNumber,
  expectedSize,
  isWithin,
  parseDuration,
  parseSize,
  SIZE_PATTERN,
} from "../base/mod.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
const KB = 1024;
const MB = 1024 * KB;

const RESTARTS = ["always", "on-failure", "never"] as const;

/** How many threads run at once in a thread pool that does not say. */
const DEFAULT_THREADS = 20;

const EXPECTED_ITEM = "expected text in double quotes";

/** What a daemon may be called. */
export const DaemonName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z][a-z0-9_]{0,63}$/,
    "expected small letters, digits and _, a letter first, at most 64",
  ),
);

const poolName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    "expected letters, digits and _, a letter first, at most 64",
  ),
);

const permissionList = (description: string) =>
  v.optional(v.pipe(
    v.array(
      v.pipe(v.string(EXPECTED_ITEM), v.nonEmpty(EXPECTED_ITEM)),
      "expected a list of texts in square brackets",
    ),
    v.description(description),
  ));

const permissions = v.pipe(
  v.strictObject({
    services: v.optional(v.pipe(
      v.boolean("expected true or false"),
      v.description("Whether it may query, start and stop services"),
    )),
    read: permissionList("Files and folders that it may read, in home or absolute; * is all"),
    write: permissionList("Files and folders that it may write, in home or absolute; * is all"),
    run: permissionList("Programs that it may run; * is all"),
    net: permissionList("Hosts that it may speak to, host or host:port; * is all"),
    env: permissionList("Environment variables that it may read; * is all"),
    ffi: permissionList("Libraries that it may load; * is all"),
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
    v.check(
      (path) => checkModulePath(path) === undefined,
      ({ input }) => checkModulePath(input) ?? "",
    ),
  )),
  arguments: v.optional(
    v.pipe(v.record(v.string(), v.unknown()), v.description("The daemon's arguments by name")),
    {},
  ),
  enabled: v.optional(
    v.pipe(
      v.boolean("expected true or false"),
      v.description("Whether the daemon runs; false keeps its entry and does not start it"),
    ),
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
  frozenAfter: v.optional(
    duration("Without a sign of life for so long it is given up and started again", {
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

const daemons = v.pipe(
  v.record(DaemonName, DaemonSchema),
  v.description(
    "The daemons that run, by name. Left out: the Icinga daemon alone. Given: exactly those listed",
  ),
);

type Pools = Record<string, { max: number }> & { MainPool: { max: number } };

const threadPools = v.pipe(
  v.record(
    poolName,
    v.strictObject({
      max: v.optional(integer("How many threads run at once", { min: 1 }), DEFAULT_THREADS),
    }),
  ),
  v.description("The thread pools by name; MainPool always exists"),
  v.transform((pools): Pools => ({ MainPool: { max: DEFAULT_THREADS }, ...pools })),
);

const log = v.pipe(
  v.strictObject({
    level: v.optional(
      v.pipe(
        v.picklist(LOG_LEVELS, expectedOneOf(LOG_LEVELS)),
        v.description("The least severe records that are kept"),
      ),
      "info",
    ),
    maxSize: v.optional(
      size("How large a log file grows before the next begins", { min: 64 * KB }),
      "10MB",
    ),
    keep: v.optional(integer("How many older log files are kept", { min: 1, max: 100 }), 5),
  }),
  v.description("The log file, logs/icinga-warden.log in home"),
);

const serviceManager = v.pipe(
  v.strictObject({
    queryTimeout: v.optional(timeout("How long one query of a service's state may take"), "10s"),
    changeTimeout: v.optional(timeout("How long one start or stop of a service may take"), "60s"),
  }),
  v.description("How services are queried, started and stopped"),
);

/** The form of the file, where every key may be left out; it is read into a {@linkcode Config}. */
export const ConfigSchema = v.pipe(
  v.strictObject({
    $schema: v.optional(v.pipe(
      v.string("expected the address of a JSON schema in double quotes"),
      v.description("Where editors find the JSON schema of this file; the agent ignores it"),
    )),
    daemons: v.optional(daemons, { icinga_agent_service: {} }),
    threadPools: v.optional(threadPools, {}),
    log: v.optional(log, {}),
    serviceManager: v.optional(serviceManager, {}),
    control: v.optional(ControlSchema, {}),
    allowUnsafeHome: v.optional(
      v.pipe(
        v.boolean("expected true or false"),
        v.description(
          "Whether the service runs daemons from folders that others than administrators may write; counts where these cannot write the configuration itself",
        ),
      ),
      false,
    ),
  }),
  v.title("Configuration of icinga-warden"),
);

/** A configuration in force: complete, durations in ms, sizes in bytes, `MainPool` always there. */
export type Config = v.InferOutput<typeof ConfigSchema>;

/** One daemon of a configuration; its arguments are as written, not yet read. */
export type DaemonConfig = Config["daemons"][string];

/** The configuration that is in force when there is no file. */
export function defaultConfig(): Config {
  return v.parse(ConfigSchema, {});
}

/** How a daemon of which the configuration says nothing is registered. */
export function defaultDaemonConfig(): DaemonConfig {
  return v.parse(DaemonSchema, {});
}

function integer(description: string, bounds: Bounds) {
  const expected = expectedNumber(bounds, true);
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.check((value) => isWithin(value, bounds), expected),
    v.metadata({ description, minimum: bounds.min, maximum: bounds.max }),
  );
}

function timeout(description: string) {
  return duration(description, { min: 1, max: 60 * MINUTE });
}

function duration(description: string, bounds: Bounds) {
  return quantity(description, DURATION_PATTERN, parseDuration, expectedDuration, bounds);
}

function size(description: string, bounds: Bounds) {
  return quantity(description, SIZE_PATTERN, parseSize, expectedSize, bounds);
}

/** Text with a unit, on its way to a number. The pattern is for the JSON schema. */
function quantity(
  description: string,
  pattern: RegExp,
  parse: (text: string) => number | undefined,
  expectedWithin: (bounds: Bounds) => string,
  bounds: Bounds,
) {
  const expected = expectedWithin(bounds);
  return v.pipe(
    v.string(expected),
    v.description(description),
    v.regex(pattern, expected),
    v.check((text) => isWithin(parse(text) ?? NaN, bounds), expected),
    v.transform((text) => parse(text)!),
  );
}
