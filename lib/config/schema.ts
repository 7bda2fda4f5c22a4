import * as v from "valibot";
import { expectedOneOf } from "../base/mod.ts";
import { LOG_LEVELS } from "../log/mod.ts";
import { serviceModes } from "../daemon/mod.ts";
import { ControlSchema } from "./control_schema.ts";
import { DaemonName, DaemonSchema } from "./daemon_schema.ts";
import { duration, integer, KB, MINUTE, size, text, yesNo } from "./fields.ts";

/** The default number of threads that run at the same time in a pool. */
const DEFAULT_THREADS = 20;

const poolName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    "expected letters, digits and _, a letter first, at most 64",
  ),
);

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

/** How long a call of the service manager may take, ms. */
const CALL = { min: 1, max: 60 * MINUTE };

const serviceManager = v.pipe(
  v.strictObject({
    queryTimeout: v.optional(
      duration("How long one query of a service's state may take", CALL),
      "10s",
    ),
    changeTimeout: v.optional(
      duration("How long one start or stop of a service may take", CALL),
      "60s",
    ),
    mode: v.optional(
      v.pipe(
        v.picklist(serviceModes, expectedOneOf(serviceModes)),
        v.description(
          "What may be done to services: act, stopped (only what is stopped is started), observe (nothing)",
        ),
      ),
      "act",
    ),
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
      yesNo(
        "Whether the service runs daemons from folders that others than administrators may write; counts where these cannot write the configuration itself",
      ),
      false,
    ),
    trustedWriters: v.optional(
      v.pipe(
        v.array(text(), "expected a list of texts in square brackets"),
        v.description(
          "Accounts and groups that may write the agent's files beside administrators: names or security identifiers; counts where administrators alone can write the configuration itself",
        ),
      ),
      [],
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

/** The registration of a daemon that the configuration does not mention. */
export function defaultDaemonConfig(): DaemonConfig {
  return v.parse(DaemonSchema, {});
}
