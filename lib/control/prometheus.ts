import Registry from "prom-client/registry";
import { threadStates } from "../daemon/agent_state.ts";
import { serviceStates } from "../service/mod.ts";
import type { Histogram } from "../service/stats.ts";
import { type StateReader, watchedServices } from "./state_reader.ts";
import type { ServiceStatus, Status, ThreadStatus } from "./status_schema.ts";

/** The media type of {@linkcode formatMetrics}. */
export const METRICS_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * The metrics of an agent in Prometheus' text format.
 *
 * @param changes how many changes of the public state the agent has seen.
 */
export function formatMetrics(
  state: StateReader,
  status: Status,
  changes: number,
): Promise<string> {
  const registry = new Registry();
  for (const family of readFamilies(state, status, changes)) {
    registry.registerMetric({ name: family.name, get: () => Promise.resolve(family) });
  }
  return registry.metrics();
}

/** One value of a metric. */
export interface MetricValue {
  value: number;
  labels: Record<string, string>;
  /** The name it bears when that is not its family's: a histogram's parts. */
  metricName?: string;
}

/** A metric with all its values. */
export interface Family {
  name: string;
  help: string;
  type: "gauge" | "counter" | "histogram";
  values: MetricValue[];
}

/** The states of a service, by Windows' names; UNKNOWN where it cannot be queried. */
const SERVICE_STATES = [...serviceStates, "UNKNOWN"];

/**
 * The metrics of an agent, by Prometheus' conventions: base units, `_total` for counters, a state as a set of
 * series of which one is 1. A service or daemon that is not known has no series.
 */
export function readFamilies(state: StateReader, status: Status, changes: number): Family[] {
  return [
    ...agentFamilies(status),
    ...serviceFamilies(status.services),
    ...histogramFamilies(state),
    ...daemonFamilies(status),
    ...threadFamilies(
      status.daemons.flatMap(({ name, threads }) =>
        threads.map((thread) => ({ daemon: name, ...thread }))
      ),
    ),
    ...replicationFamilies(state, changes),
  ].filter(({ values }) => values.length > 0);
}

function agentFamilies({ agent, maintenance, health }: Status): Family[] {
  const { version, commit, deno } = agent;
  return [
    gauge("icinga_warden_build_info", "What the agent was made from.", [
      sample(1, { version, commit, deno }),
    ]),
    gauge("icinga_warden_health", "How well all is, as 'icinga-warden check' says it.", [
      ...stateSet(["ok", "warning", "critical", "unknown"], health, "health", {}),
    ]),
    gauge("icinga_warden_maintenance", "Whether the agent is paused.", [
      sample(maintenance ? 1 : 0),
    ]),
    gauge("icinga_warden_previous_run_unclean", "Whether the previous run broke off.", [
      sample(agent.lastEnd === "unclean" ? 1 : 0),
    ]),
    gauge("process_start_time_seconds", "When the agent was started, Unix time.", [
      sample(Date.parse(agent.started) / 1000),
    ]),
    gauge("process_resident_memory_bytes", "Resident memory of the agent.", [sample(agent.memory)]),
  ];
}

function serviceFamilies(services: readonly ServiceStatus[]): Family[] {
  const each = (values: (service: ServiceStatus, labels: Labels) => MetricValue[]) =>
    services.flatMap((service) => values(service, serviceLabels(service)));
  const known = (value: number | null, labels: Labels) =>
    value === null ? [] : [sample(value, labels)];
  return [
    gauge(
      "icinga_warden_service_state",
      "The state of a service as last seen; 1 for the one it is in, UNKNOWN when queries fail or its daemon does not run.",
      each(({ value, queryError, watched }, labels) => {
        const isKnown = queryError === null && (watched || value === null);
        const state = isKnown ? value : "UNKNOWN";
        return state === null ? [] : stateSet(SERVICE_STATES, state, "state", labels);
      }),
    ),
    gauge(
      "icinga_warden_service_restart_errors",
      "Restarts of a service that failed in a row (restart_error).",
      each(({ restart_error }, labels) => [sample(restart_error, labels)]),
    ),
    counter(
      "icinga_warden_service_restarts_total",
      "Restarts of a service that succeeded.",
      each(({ restarts }, labels) => known(restarts, labels)),
    ),
    counter(
      "icinga_warden_service_restart_failures_total",
      "Restarts of a service that failed.",
      each(({ restartFailures }, labels) => known(restartFailures, labels)),
    ),
    counter(
      "icinga_warden_service_queries_total",
      "Queries of a service's state, those that failed too.",
      each(({ queries }, labels) => known(queries, labels)),
    ),
    counter(
      "icinga_warden_service_query_errors_total",
      "Queries of a service's state that failed.",
      each(({ queryErrors }, labels) => known(queryErrors, labels)),
    ),
  ];
}

function histogramFamilies(state: StateReader): Family[] {
  const stats = watchedServices(state).flatMap(({ daemon, name, stats }) =>
    name === undefined || !stats ? [] : [{ labels: serviceLabels({ daemon, name }), stats }]
  );
  const family = (kind: "query" | "restart", help: string): Family => {
    const name = `icinga_warden_service_${kind}_duration_seconds`;
    const values = stats.flatMap(({ labels, stats }) => histogram(name, stats[kind], labels));
    return { name, help, type: "histogram", values };
  };
  return [
    family("query", "How long queries of a service's state took."),
    family("restart", "How long restarts of a service took."),
  ];
}

function daemonFamilies({ daemons }: Status): Family[] {
  return [
    gauge(
      "icinga_warden_daemon_enabled",
      "Whether a registered daemon is to run.",
      daemons.map(({ name, enabled }) => sample(enabled ? 1 : 0, { daemon: name })),
    ),
    gauge(
      "icinga_warden_daemon_problem",
      "Whether a registered daemon cannot run.",
      daemons.map(({ name, problem }) => sample(problem === null ? 0 : 1, { daemon: name })),
    ),
  ];
}

function threadFamilies(threads: readonly (ThreadStatus & { daemon: string })[]): Family[] {
  const each = (values: (thread: ThreadStatus, labels: Labels) => MetricValue[]) =>
    threads.flatMap((thread) => values(thread, { daemon: thread.daemon, thread: thread.name }));
  return [
    gauge(
      "icinga_warden_thread_state",
      "The state of a thread; 1 for the one it is in.",
      each(({ state }, labels) => stateSet(threadStates, state, "state", labels)),
    ),
    counter(
      "icinga_warden_thread_restarts_total",
      "How often a thread was started again.",
      each(({ restarts }, labels) => [sample(restarts, labels)]),
    ),
    gauge(
      "icinga_warden_thread_heap_bytes",
      "Heap in use by a thread.",
      each(({ heap }, labels) => heap === null ? [] : [sample(heap, labels)]),
    ),
    gauge(
      "icinga_warden_thread_event_loop_lag_seconds",
      "How late a thread's event loop was.",
      each(({ lag }, labels) => lag === null ? [] : [sample(lag / 1000, labels)]),
    ),
  ];
}

function replicationFamilies(state: StateReader, changes: number): Family[] {
  const maps = state.paths();
  const { sent, received, questions } = state.traffic();
  return [
    gauge("icinga_warden_state_maps", "Maps of the public state.", [sample(maps.length)]),
    gauge("icinga_warden_state_entries", "Keys of the public state.", [
      sample(maps.reduce((sum, path) => sum + state.map(path).size, 0)),
    ]),
    counter(
      "icinga_warden_state_messages_sent_total",
      "Messages of the public state that the agent's own thread has sent.",
      [sample(sent)],
    ),
    counter(
      "icinga_warden_state_messages_received_total",
      "Messages of the public state that the agent's own thread has received.",
      [sample(received)],
    ),
    counter(
      "icinga_warden_state_questions_total",
      "How often the agent's own thread has asked another for what it had missed.",
      [sample(questions)],
    ),
    counter(
      "icinga_warden_state_changes_total",
      "Changes of the public state, of whatever thread, that have reached the agent's own copy.",
      [sample(changes)],
    ),
  ];
}

type Labels = Record<string, string>;

function serviceLabels({ daemon, name }: { daemon: string; name: string | null }): Labels {
  return { service: name ?? "", daemon };
}

function stateSet(states: readonly string[], current: string, label: string, labels: Labels) {
  const all = states.includes(current) ? states : [...states, current];
  return all.map((state) => sample(state === current ? 1 : 0, { ...labels, [label]: state }));
}

/** The buckets of a histogram in Prometheus count all that is shorter too. */
function histogram(
  name: string,
  { le, counts, sum, count }: Histogram,
  labels: Labels,
): MetricValue[] {
  let below = 0;
  const buckets = le.map((bound, i) => {
    below += counts[i] ?? 0;
    return { value: below, labels: { ...labels, le: String(bound) }, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { value: count, labels: { ...labels, le: "+Inf" }, metricName: `${name}_bucket` },
    { value: sum, labels, metricName: `${name}_sum` },
    { value: count, labels, metricName: `${name}_count` },
  ];
}

function sample(value: number, labels: Labels = {}): MetricValue {
  return { value, labels };
}

function gauge(name: string, help: string, values: MetricValue[]): Family {
  return { name, help, type: "gauge", values };
}

function counter(name: string, help: string, values: MetricValue[]): Family {
  return { name, help, type: "counter", values };
}
