import * as v from "valibot";
import {
  serviceModes,
  threadStates,
  troubleKinds,
  verdictLevels,
  verdictUnits,
} from "../daemon/mod.ts";

const Time = v.pipe(v.string(), v.isoTimestamp(), v.description("UTC, ISO 8601"));
/** A number of things. */
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Seconds = v.pipe(v.number(), v.minValue(0), v.description("Seconds"));
const Bytes = v.pipe(Count, v.description("Bytes"));

/** A schema with a description. */
function said<Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return v.pipe(schema, v.description(description));
}

/** A value, or null, which the description explains. */
function orNull<Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return said(v.nullable(schema), description);
}

/** What a daemon or a thread shares: null where that is missing, or not of this form. */
function shared<Schema extends v.GenericSchema>(schema: Schema, description: string) {
  return v.fallback(orNull(schema, description), null as never);
}

const LastError = v.strictObject({ at: Time, message: v.string() });

const Job = v.strictObject({
  next: orNull(Time, "When the next run is due; null: one is under way"),
  last: orNull(
    v.strictObject({
      at: Time,
      took: said(v.number(), "Seconds"),
      outcome: v.picklist(["done", "failed"]),
    }),
    "The last run that has ended since the agent's start; null: none has",
  ),
});

/** The status of a thread. */
export const ThreadSchema = v.strictObject({
  name: v.string(),
  task: v.string(),
  pool: v.string(),
  state: v.picklist(threadStates),
  since: Time,
  stateFor: said(Seconds, "Seconds that it has been in this state"),
  uptime: v.nullable(Seconds),
  restarts: Count,
  failures: v.fallback(said(Count, "Failures in a row"), 0),
  lastError: shared(LastError, "What failed last; null: nothing has"),
  heap: shared(Bytes, "Bytes in use on its heap; null: not known"),
  lag: shared(
    v.pipe(v.number(), v.maxValue(Number.MAX_SAFE_INTEGER)),
    "How late its event loop was, ms; null: not known",
  ),
});

const VerdictNumber = v.strictObject({
  value: v.number(),
  unit: v.optional(v.picklist(verdictUnits)),
  warning: v.optional(v.string()),
  critical: v.optional(v.string()),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
});

const Verdict = v.strictObject({
  level: v.picklist(verdictLevels),
  text: v.string(),
  at: Time,
  numbers: v.record(v.string(), VerdictNumber),
});

const Daemon = v.strictObject({
  name: v.string(),
  module: orNull(v.string(), "null: built in"),
  enabled: v.boolean(),
  services: said(v.boolean(), "Whether it may manage services"),
  problem: orNull(v.string(), "Why it cannot run, or not as configured"),
  state: said(v.string(), "Of its threads the worst; disabled, or absent: none"),
  uptime: v.nullable(Seconds),
  restarts: Count,
  lastError: v.nullable(LastError),
  heap: v.nullable(Bytes),
  verdict: orNull(Verdict, "What it said last of what it looks at; null: nothing"),
  job: orNull(Job, "Its runs, where it has a schedule; null: it has none"),
  threads: v.array(ThreadSchema),
});

/** What a probe says of a service; all but its name is what the daemon shares. */
export const ProbeSchema = v.strictObject({
  name: v.string(),
  is: v.picklist(verdictLevels),
  text: said(v.string(), "Why, with the evidence"),
  advice: shared(v.string(), "How to fix it; null: not known"),
  failed: v.fallback(
    said(v.boolean(), "Whether it is so for longer than failAfter"),
    false,
  ),
  since: shared(Time, "Since when it fails; null: it does not"),
});

/** Why a service has stopped, as its daemon shares it. */
export const DiagnosisSchema = v.strictObject({
  what: v.string(),
  since: Time,
  evidence: v.array(v.string()),
  advice: v.string(),
  hold: v.fallback(
    said(v.boolean(), "Whether it is not restarted until that has changed"),
    false,
  ),
});

const Pause = v.nullable(
  v.strictObject({
    since: Time,
    until: v.nullable(Time),
    by: v.picklist(["service", "command"]),
  }),
);

/** What a daemon may note of a service beside what it counts; the status shows it unchanged. */
const Notes = v.object({
  restartsLastHour: shared(Count, "null: not known"),
  stable: shared(v.boolean(), "Whether it has been RUNNING for stableAfter; null: not known"),
  flapping: v.fallback(
    said(v.boolean(), "Whether it is flapping: restarted too often, and tried every 5 min"),
    false,
  ),
  mode: shared(v.picklist(serviceModes), "What may be done to it; null: not known"),
  wouldRestarts: v.fallback(
    said(Count, "How often it would have been restarted, were it not only observed"),
    0,
  ),
  wouldRestart: shared(
    v.string(),
    "Why it would be restarted now, were it not only observed; null: it would not",
  ),
  disabled: shared(
    v.picklist(["warn", "ignore"]),
    "It is STOPPED and its start type is disabled, which is a warning, or ignored",
  ),
  held: shared(
    v.string(),
    "Why it is not restarted though it does not run; null: nothing holds it back",
  ),
  queryError: shared(
    v.string(),
    "Why the last query failed, so that value is an old one; null: it did not",
  ),
  lastRestart: shared(Time, "null: not yet"),
  lastSeen: shared(Time, "When a query last succeeded; null: not yet"),
});

/** Durations counted by their length: a few buckets, all of them numbers. */
const Histogram = v.pipe(
  v.object({
    le: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.maxLength(100)),
    counts: v.array(Count),
    sum: v.pipe(v.number(), v.finite()),
    count: Count,
  }),
  v.check(({ le, counts }) => counts.length === le.length + 1),
);

/** What a daemon has counted of a service and notes of it, as it shares it: see `ServiceStats`. */
export const StatsSchema = v.object({
  queries: Count,
  queryErrors: Count,
  restarts: Count,
  restartFailures: Count,
  recoveries: v.fallback(Count, 0),
  query: Histogram,
  restart: Histogram,
  ...Notes.entries,
});

/** What is known of a service where its daemon has counted nothing yet. */
export const NO_STATS = {
  ...{ queries: null, queryErrors: null, restarts: null, restartFailures: null },
  ...{ recoveries: null, query: null, restart: null },
  ...v.parse(Notes, {}),
};

const Service = v.strictObject({
  daemon: said(v.string(), "The daemon that keeps it running"),
  name: orNull(v.string(), "null: not known yet"),
  path: said(v.string(), "Where it is in the public state"),
  value: orNull(
    v.string(),
    "The state last seen, such as RUNNING; null: it was never found installed",
  ),
  restart_error: said(Count, "Restarts that failed in a row"),
  restarts: v.nullable(Count),
  restartFailures: v.nullable(Count),
  recoveries: orNull(Count, "How often it ran again without a restart by its daemon"),
  queries: v.nullable(Count),
  queryErrors: orNull(Count, "How many of the queries failed"),
  queryTime: orNull(v.number(), "Seconds that a query takes, on average"),
  ...Notes.entries,
  lastSeenAge: orNull(Seconds, "Seconds since then"),
  paused: said(Pause, "Whether it alone is paused, and so left alone; null: no"),
  watched: said(v.boolean(), "Whether its daemon runs; otherwise value is an old one"),
  diagnosis: orNull(
    DiagnosisSchema,
    "Why it has stopped; null: it runs well, or that is not known",
  ),
  probes: said(v.array(ProbeSchema), "What is seen of Icinga 2 itself"),
});

/** The form of `status --json`; keys are added in later versions, and none goes away. */
export const StatusSchema = v.pipe(
  v.strictObject({
    health: v.picklist(verdictLevels),
    problems: v.array(
      v.strictObject({
        level: v.picklist(["warning", "critical", "unknown"]),
        text: v.string(),
        daemon: orNull(
          v.string(),
          "The daemon it is about, or that watches the service; null: the agent",
        ),
        service: orNull(v.string(), "The service; null: none"),
      }),
    ),
    agent: v.strictObject({
      host: v.string(),
      version: v.string(),
      commit: v.string(),
      deno: v.string(),
      pid: Count,
      home: v.string(),
      mode: v.picklist(["foreground", "service", "background"]),
      simulated: said(v.boolean(), "Whether its services are simulated"),
      started: Time,
      uptime: Seconds,
      lastEnd: orNull(
        v.picklist(["clean", "unclean"]),
        "How the previous run ended; null: there was none",
      ),
      memory: said(Bytes, "Bytes of the process that are resident"),
      troubles: said(
        v.array(v.strictObject({ kind: v.picklist(troubleKinds), since: Time, text: v.string() })),
        "What the agent itself cannot do at present",
      ),
    }),
    maintenance: Pause,
    services: v.array(Service),
    daemons: v.array(Daemon),
  }),
  v.title("What 'icinga-warden status --json' prints"),
);

/** How the agent, its services and its daemons are. */
export type Status = v.InferOutput<typeof StatusSchema>;

/** How well all is, as a plugin says it. */
export type Health = Status["health"];

/** One thing that is not well. */
export type HealthProblem = Status["problems"][number];

/** A service that a daemon keeps running. */
export type ServiceStatus = Status["services"][number];

/** Why a service has stopped. */
export type DiagnosisStatus = NonNullable<ServiceStatus["diagnosis"]>;

/** What a probe says of a service. */
export type ProbeStatus = ServiceStatus["probes"][number];

/** A daemon that is registered. */
export type DaemonStatus = Status["daemons"][number];

/** What a daemon says of what it looks at. */
export type VerdictStatus = NonNullable<DaemonStatus["verdict"]>;

/** The runs of a daemon that has a schedule. */
export type JobStatus = NonNullable<DaemonStatus["job"]>;

/** A thread of a daemon. */
export type ThreadStatus = DaemonStatus["threads"][number];
