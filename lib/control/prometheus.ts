import Registry from "prom-client/registry";
import { threadStates, troubleKinds, verdictLevels } from "../daemon/mod.ts";
import { serviceStates } from "../service/mod.ts";
import type { EventSources } from "./events.ts";
import {
  daemonFamilies,
  families,
  type Family,
  histogram,
  type Labels,
  type Metrics,
  stateSet,
} from "./families.ts";
import { type StateReader, type WatchedService, watchedServices } from "./state_reader.ts";
import type {
  DaemonStatus,
  ProbeStatus,
  ServiceStatus,
  Status,
  ThreadStatus,
} from "./status_schema.ts";

/** What metrics are made from. */
export type MetricsSources = Pick<EventSources, "state" | "status" | "changes">;

/** The media type of {@linkcode formatMetrics}. */
export const METRICS_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * The metrics of an agent in Prometheus' text format.
 *
 * @param ownNames whether the metrics `process_*` begin with `icinga_warden_`, for a program that serves this text
 * beside its own metrics of these names. Default: false.
 */
export function formatMetrics(
  sources: MetricsSources,
  { ownNames = false } = {},
): Promise<string> {
  const registry = new Registry();
  for (const family of readFamilies(sources, ownNames ? "icinga_warden_process_" : "process_")) {
    registry.registerMetric({ name: family.name, get: () => Promise.resolve(family) });
  }
  return registry.metrics();
}

const AGENT: Metrics<Status> = {
  build_info: ["What the agent was made from.", ({ agent: { version, commit, deno } }) => [
    { value: 1, labels: { version, commit, deno } },
  ]],
  health: [
    "How well all is, as 'icinga-warden check' says it.",
    ({ health }) => stateSet("health", ["ok", "warning", "critical", "unknown"], health),
  ],
  maintenance: ["Whether the agent is paused.", ({ maintenance }) => Number(maintenance !== null)],
  previous_run_unclean: [
    "Whether the previous run did not stop cleanly.",
    ({ agent }) => Number(agent.lastEnd === "unclean"),
  ],
  trouble: [
    "What the agent itself cannot do at present.",
    ({ agent: { troubles } }) =>
      troubleKinds.map((kind) => ({
        value: Number(troubles.some((trouble) => trouble.kind === kind)),
        labels: { kind },
      })),
  ],
};

/** Under the names that the libraries of Prometheus give them. */
const PROCESS: Metrics<Status["agent"]> = {
  start_time_seconds: [
    "When the agent was started, Unix time.",
    ({ started }) => Date.parse(started) / 1000,
  ],
  resident_memory_bytes: ["Resident memory of the agent.", ({ memory }) => memory],
};

/** The states of a service, by Windows' names; UNKNOWN where it cannot be queried. */
const SERVICE_STATES = [...serviceStates, "UNKNOWN"];

const SERVICE: Metrics<ServiceStatus> = {
  state: [
    "The state of a service as last seen; 1 for the one it is in, UNKNOWN when queries fail or its daemon does not run.",
    ({ value, queryError, watched }) => {
      const isKnown = queryError === null && (watched || value === null);
      const state = isKnown ? value : "UNKNOWN";
      return state === null ? null : stateSet("state", SERVICE_STATES, state);
    },
  ],
  restart_errors: [
    "Restarts of a service that failed in a row (restart_error).",
    ({ restart_error }) => restart_error,
  ],
  restarts_total: ["Restarts of a service that succeeded.", ({ restarts }) => restarts],
  restart_failures_total: ["Restarts of a service that failed.", (now) => now.restartFailures],
  restarts_last_hour: [
    "Restarts of a service within the last hour.",
    ({ restartsLastHour }) => restartsLastHour,
  ],
  stable: [
    "Whether a service has been running for long enough (stableAfter).",
    ({ stable, watched }) => stable === null ? null : Number(stable && watched),
  ],
  flapping: [
    "Whether a service is flapping: restarted too often, and tried every 5 min.",
    ({ flapping }) => Number(flapping),
  ],
  paused: ["Whether a service alone is paused.", ({ paused }) => Number(paused !== null)],
  disabled: [
    "Whether a service is stopped and its start type is disabled.",
    ({ disabled }) => Number(disabled !== null),
  ],
  would_restarts_total: [
    "How often a service would have been restarted, were it not only observed.",
    ({ wouldRestarts }) => wouldRestarts,
  ],
  recoveries_total: [
    "How often a service ran again without a restart by its daemon.",
    ({ recoveries }) => recoveries,
  ],
  queries_total: ["Queries of a service's state, those that failed too.", (now) => now.queries],
  query_errors_total: ["Queries of a service's state that failed.", (now) => now.queryErrors],
};

const SERVICE_DURATION: Metrics<WatchedService> = {
  query_duration_seconds: [
    "How long queries of a service's state took.",
    ({ stats }) => histogram(stats.query),
  ],
  restart_duration_seconds: [
    "How long restarts of a service took.",
    ({ stats }) => histogram(stats.restart),
  ],
};

const PROBE: Metrics<ProbeStatus> = {
  success: [
    "Whether a probe of Icinga 2 finds it well, or has not failed for long enough yet; no series while it cannot tell.",
    ({ is, failed }) => is === "unknown" ? null : Number(!failed),
  ],
};

const DAEMON: Metrics<DaemonStatus> = {
  enabled: ["Whether a registered daemon is to run.", ({ enabled }) => Number(enabled)],
  problem: [
    "Whether a registered daemon cannot run, or not as configured.",
    ({ problem }) => Number(problem !== null),
  ],
  verdict: [
    "What a daemon says of what it looks at; 1 for the level that holds.",
    ({ verdict }) => verdict && stateSet("level", verdictLevels, verdict.level),
  ],
  value: [
    "A number of a daemon's verdict.",
    ({ verdict }) =>
      Object.entries(verdict?.numbers ?? {}).map(([name, { value, unit = "" }]) => ({
        value,
        labels: { name, unit },
      })),
  ],
};

const THREAD: Metrics<ThreadStatus & { daemon: string }> = {
  state: [
    "The state of a thread; 1 for the one it is in.",
    ({ state }) => stateSet("state", threadStates, state),
  ],
  restarts_total: ["How often a thread was started again.", ({ restarts }) => restarts],
  heap_bytes: ["Heap in use by a thread.", ({ heap }) => heap],
  event_loop_lag_seconds: [
    "How late a thread's event loop was.",
    ({ lag }) => lag === null ? null : lag / 1000,
  ],
};

const STATE: Metrics<{ state: StateReader; changes: number }> = {
  maps: ["Maps of the public state.", ({ state }) => state.paths().length],
  entries: [
    "Keys of the public state.",
    ({ state }) => state.paths().reduce((sum, path) => sum + state.map(path).size, 0),
  ],
  messages_sent_total: [
    "Messages of the public state that the agent's own thread has sent.",
    ({ state }) => state.traffic().sent,
  ],
  messages_received_total: [
    "Messages of the public state that the agent's own thread has received.",
    ({ state }) => state.traffic().received,
  ],
  questions_total: [
    "How often the agent's own thread has asked another for what it had missed.",
    ({ state }) => state.traffic().questions,
  ],
  changes_total: [
    "Changes of the public state, of whatever thread, that have reached the agent's own copy.",
    ({ changes }) => changes,
  ],
};

/**
 * The metrics of an agent, by Prometheus' conventions: base units, `_total` for counters, a state as a set of
 * series of which one is 1. A service or daemon that is not known has no series.
 */
function readFamilies(
  { state, status: read, changes }: MetricsSources,
  processPrefix: string,
): Family[] {
  const status = read();
  const { agent, services, daemons } = status;
  const threads = daemons.flatMap(({ name: daemon, threads }) =>
    threads.map((thread) => ({ ...thread, daemon }))
  );
  const probes = services.flatMap((service) =>
    service.probes.map((probe) => ({ ...probe, service }))
  );
  const unlabelled = () => ({});
  return [
    ...families("icinga_warden_", AGENT, [status], unlabelled),
    ...families(processPrefix, PROCESS, [agent], unlabelled),
    ...families("icinga_warden_service_", SERVICE, services, serviceLabels),
    ...families("icinga_warden_service_", SERVICE_DURATION, watchedServices(state), serviceLabels),
    ...families("icinga_warden_probe_", PROBE, probes, ({ service, name }) => ({
      ...serviceLabels(service),
      probe: name,
    })),
    ...families("icinga_warden_daemon_", DAEMON, daemons, ({ name }) => ({ daemon: name })),
    ...families("icinga_warden_thread_", THREAD, threads, ({ daemon, name }) => ({
      daemon,
      thread: name,
    })),
    ...families("icinga_warden_state_", STATE, [{ state, changes: changes() }], unlabelled),
    ...daemonFamilies(state),
  ].filter(({ values }) => values.length > 0);
}

function serviceLabels(
  { daemon, name }: Pick<ServiceStatus | WatchedService, "daemon" | "name">,
): Labels {
  return { service: name ?? "", daemon };
}
