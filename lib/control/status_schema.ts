import * as v from "valibot";
import {
  serviceModes,
  threadStates,
  troubleKinds,
  verdictLevels,
  verdictUnits,
} from "../daemon/mod.ts";

const Time = v.pipe(v.string(), v.isoTimestamp(), v.description("UTC, ISO 8601"));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Seconds = v.pipe(v.number(), v.minValue(0), v.description("Seconds"));
const Bytes = v.pipe(Count, v.description("Bytes"));

const LastError = v.strictObject({ at: Time, message: v.string() });

const Job = v.strictObject({
  next: v.pipe(v.nullable(Time), v.description("When the next run is due; null: one is under way")),
  last: v.pipe(
    v.nullable(v.strictObject({
      at: Time,
      took: v.pipe(v.number(), v.description("Seconds")),
      outcome: v.picklist(["done", "failed"]),
    })),
    v.description("The last run that has ended since the agent's start; null: none has"),
  ),
});

const Thread = v.strictObject({
  name: v.string(),
  task: v.string(),
  pool: v.string(),
  state: v.picklist(threadStates),
  since: Time,
  stateFor: v.pipe(Seconds, v.description("Seconds that it has been in this state")),
  uptime: v.nullable(Seconds),
  restarts: Count,
  failures: v.pipe(Count, v.description("Failures in a row")),
  lastError: v.nullable(LastError),
  heap: v.nullable(Bytes),
  lag: v.nullable(v.pipe(v.number(), v.description("How late its event loop was, ms"))),
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
  module: v.pipe(v.nullable(v.string()), v.description("null: built in")),
  enabled: v.boolean(),
  services: v.pipe(v.boolean(), v.description("Whether it may manage services")),
  problem: v.pipe(v.nullable(v.string()), v.description("Why it cannot run, or not as configured")),
  state: v.pipe(v.string(), v.description("Of its threads the worst; disabled, or absent: none")),
  uptime: v.nullable(Seconds),
  restarts: Count,
  lastError: v.nullable(LastError),
  heap: v.nullable(Bytes),
  verdict: v.pipe(
    v.nullable(Verdict),
    v.description("What it said last of what it looks at; null: nothing"),
  ),
  job: v.pipe(
    v.nullable(Job),
    v.description("Its runs, where it has a schedule; null: it has none"),
  ),
  threads: v.array(Thread),
});

const Probe = v.strictObject({
  name: v.string(),
  is: v.picklist(["ok", "warning", "critical", "unknown"]),
  text: v.pipe(v.string(), v.description("Why, with the evidence")),
  advice: v.pipe(v.nullable(v.string()), v.description("How to fix it")),
  failed: v.pipe(v.boolean(), v.description("Whether it is so for longer than failAfter")),
  since: v.pipe(v.nullable(v.string()), v.description("Since when it fails; null: it does not")),
});

const Diagnosis = v.strictObject({
  what: v.string(),
  since: Time,
  evidence: v.array(v.string()),
  advice: v.string(),
  hold: v.pipe(v.boolean(), v.description("Whether it is not restarted until that has changed")),
});

const Pause = v.nullable(
  v.strictObject({
    since: Time,
    until: v.nullable(Time),
    by: v.picklist(["service", "command"]),
  }),
);

const Service = v.strictObject({
  daemon: v.pipe(v.string(), v.description("The daemon that keeps it running")),
  name: v.pipe(v.nullable(v.string()), v.description("null: not known yet")),
  path: v.pipe(v.string(), v.description("Where it is in the public state")),
  value: v.pipe(
    v.nullable(v.string()),
    v.description("The state last seen, such as RUNNING; null: it was never found installed"),
  ),
  restart_error: v.pipe(Count, v.description("Restarts that failed in a row")),
  restarts: v.nullable(Count),
  restartFailures: v.nullable(Count),
  restartsLastHour: v.nullable(Count),
  stable: v.pipe(
    v.nullable(v.boolean()),
    v.description("Whether it has been RUNNING for stableAfter; null: not known"),
  ),
  flapping: v.pipe(
    v.boolean(),
    v.description("Whether it is flapping: restarted too often, and tried every 5 min"),
  ),
  paused: v.pipe(Pause, v.description("Whether it alone is paused, and so left alone; null: no")),
  mode: v.pipe(
    v.nullable(v.picklist(serviceModes)),
    v.description("What may be done to it; null: not known"),
  ),
  wouldRestarts: v.pipe(
    Count,
    v.description("How often it would have been restarted, were it not only observed"),
  ),
  wouldRestart: v.pipe(
    v.nullable(v.string()),
    v.description("Why it would be restarted now, were it not only observed; null: it would not"),
  ),
  disabled: v.pipe(
    v.nullable(v.picklist(["warn", "ignore"])),
    v.description("It is STOPPED and its start type is disabled, which is a warning, or ignored"),
  ),
  held: v.pipe(
    v.nullable(v.string()),
    v.description("Why it is not restarted though it does not run; null: nothing holds it back"),
  ),
  recoveries: v.pipe(
    v.nullable(Count),
    v.description("How often it ran again without a restart by its daemon"),
  ),
  queries: v.nullable(Count),
  queryErrors: v.nullable(v.pipe(Count, v.description("How many of the queries failed"))),
  queryError: v.pipe(
    v.nullable(v.string()),
    v.description("Why the last query failed, so that value is an old one; null: it did not"),
  ),
  queryTime: v.pipe(
    v.nullable(v.number()),
    v.description("Seconds that a query takes, on average"),
  ),
  lastRestart: v.nullable(Time),
  lastSeen: v.pipe(
    v.nullable(Time),
    v.description("When a query last succeeded; null: not yet"),
  ),
  lastSeenAge: v.pipe(v.nullable(Seconds), v.description("Seconds since then")),
  watched: v.pipe(
    v.boolean(),
    v.description("Whether its daemon runs; otherwise value is an old one"),
  ),
  diagnosis: v.pipe(
    v.nullable(Diagnosis),
    v.description("Why it has stopped; null: it runs well, or that is not known"),
  ),
  probes: v.pipe(v.array(Probe), v.description("What is seen of Icinga 2 itself")),
});

/** The form of `status --json`; keys are added in later versions, and none goes away. */
export const StatusSchema = v.pipe(
  v.strictObject({
    health: v.picklist(["ok", "warning", "critical", "unknown"]),
    problems: v.array(
      v.strictObject({
        level: v.picklist(["warning", "critical", "unknown"]),
        text: v.string(),
        daemon: v.pipe(
          v.nullable(v.string()),
          v.description("The daemon it is about, or that watches the service; null: the agent"),
        ),
        service: v.pipe(v.nullable(v.string()), v.description("The service; null: none")),
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
      simulated: v.pipe(v.boolean(), v.description("Whether its services are simulated")),
      started: Time,
      uptime: Seconds,
      lastEnd: v.pipe(
        v.nullable(v.picklist(["clean", "unclean"])),
        v.description("How the previous run ended; null: there was none"),
      ),
      memory: v.pipe(Bytes, v.description("Bytes of the process that are resident")),
      troubles: v.pipe(
        v.array(v.strictObject({ kind: v.picklist(troubleKinds), since: Time, text: v.string() })),
        v.description("What the agent itself cannot do at present"),
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
