import { counted, formatSpan } from "../base/mod.ts";
import type {
  DaemonStatus,
  Health,
  HealthProblem,
  ServiceStatus,
  Status,
  ThreadStatus,
} from "./status_schema.ts";

/** A threshold of the Monitoring Plugins guidelines. */
export interface Range {
  /** The least value of the range; -Infinity for none. */
  start: number;
  /** The greatest; Infinity for none. */
  end: number;
  /** Whether values inside alert, instead of those outside. */
  inside: boolean;
}

const RANGE = /^(@?)(?:(~|-?(?:\d+\.?|\d*\.\d+))?(:))?(-?(?:\d+\.?|\d*\.\d+))?$/;

/**
 * Reads a threshold as the Monitoring Plugins guidelines write it: `10` (alert outside 0 to 10), `10:` (below 10),
 * `~:10` (above 10), `10:20` (outside), `@10:20` (inside, ends included).
 *
 * @returns undefined when `text` is none.
 */
export function parseRange(text: string): Range | undefined {
  const match = RANGE.exec(text);
  if (!match || (match[2] === undefined && match[4] === undefined)) return undefined;
  const [, at, from, , to] = match;
  const start = from === "~" ? -Infinity : Number(from ?? 0);
  const end = to === undefined ? Infinity : Number(to);
  return start <= end ? { start, end, inside: at === "@" } : undefined;
}

/** Writes a threshold in the guidelines' form. */
export function formatRange({ start, end, inside }: Range): string {
  const from = start === -Infinity ? "~:" : start === 0 && end !== Infinity ? "" : `${start}:`;
  return `${inside ? "@" : ""}${from}${end === Infinity ? "" : end}`;
}

/** Whether a value raises no alert. */
export function isInRange(value: number, { start, end, inside }: Range): boolean {
  return (value >= start && value <= end) !== inside;
}

/** The ranges outside which a number is a problem. */
export interface Limits {
  /** Outside it is a warning. */
  warning: Range;
  /** Outside it is critical. */
  critical: Range;
}

/** From which numbers on a service is a problem: of restarts that failed in a row, and of all within the last hour. */
export interface Thresholds {
  errors: Limits;
  restarts: Limits;
}

/** One failed restart is a warning, three in a row are critical; four restarts an hour are a warning, eleven critical. */
export const THRESHOLDS: Thresholds = {
  errors: { warning: upTo(0), critical: upTo(2) },
  restarts: { warning: upTo(3), critical: upTo(10) },
};

function upTo(end: number): Range {
  return { start: 0, end, inside: false };
}

/** The exit codes of a plugin. */
export const PLUGIN_EXIT: Readonly<Record<Health, number>> = {
  ok: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
};

const SEVERITY: readonly Health[] = ["ok", "warning", "unknown", "critical"];

/** The worst level of some problems; `ok` when there are none. */
export function worst(problems: readonly HealthProblem[]): Health {
  return problems.reduce<Health>(
    (worst, { level }) => SEVERITY.indexOf(level) > SEVERITY.indexOf(worst) ? level : worst,
    "ok",
  );
}

/**
 * All problems, the worst first. While the agent is paused no other problem counts. A pause without an end is a warning,
 * since it may have been forgotten.
 */
export function findProblems(
  { agent, maintenance, services, daemons }: Omit<Status, "health" | "problems">,
  thresholds: Thresholds = THRESHOLDS,
): HealthProblem[] {
  if (maintenance) return pauseProblems(maintenance, "").map(about(null));
  // A daemon that has shared no service some time after its start watches none.
  const isAnyWatched = services.length > 0 ||
    daemons.some((daemon) => daemon.services && isStarting(daemon));
  const problems: HealthProblem[] = [
    ...services.flatMap((service) =>
      serviceProblems(service, thresholds).map(about(service.daemon, serviceLabel(service)))
    ),
    ...daemons.flatMap((daemon) => daemonProblems(daemon).map(about(daemon.name))),
    ...[
      ...(isAnyWatched
        ? idleWatchers({ services, daemons })
        : problem("unknown", "no daemon watches a service")),
      ...agent.troubles.flatMap(({ text, since }) =>
        problem("warning", `${text} (since ${since})`)
      ),
    ].map(about(null)),
  ];
  return problems.sort((a, b) => SEVERITY.indexOf(b.level) - SEVERITY.indexOf(a.level));
}

/** A problem without the daemon and service that it belongs to. */
type Finding = Pick<HealthProblem, "level" | "text">;

function problem(level: Finding["level"], text: string): Finding[] {
  return [{ level, text }];
}

function about(daemon: string | null, service: string | null = null) {
  return (finding: Finding): HealthProblem => ({ ...finding, daemon, service });
}

/** A service's name, or its daemon's name until that is known. */
export function serviceLabel({ name, daemon }: ServiceStatus): string {
  return name ?? daemon;
}

/** A daemon that starts, or waits for a place in a pool, counts as running for this time, s. */
const START_TIME = 10;

/** The thread that runs a daemon's `run`; undefined when there is none. */
function mainThread({ threads }: DaemonStatus): ThreadStatus | undefined {
  return threads.find(({ task }) => task === "run");
}

/** Whether a daemon does its work, or was about to do so a moment ago: what it has shared is the present state. */
export function isWatching(daemon: DaemonStatus): boolean {
  const isRunning = daemon.enabled && mainThread(daemon)?.state === "running";
  return isRunning || isStarting(daemon);
}

/** Whether a daemon's state is so new that it cannot be expected to have shared what it sees. */
function isStarting(daemon: DaemonStatus): boolean {
  const main = mainThread(daemon);
  return daemon.enabled && main !== undefined && main.stateFor < START_TIME;
}

/** Disabled daemons whose services nobody sees, since they have not run since the start of the agent. */
function idleWatchers({ services, daemons }: Pick<Status, "services" | "daemons">): Finding[] {
  const idle = daemons.filter(({ name, enabled, services: watches }) =>
    watches && !enabled && !services.some(({ daemon }) => daemon === name)
  );
  return idle.flatMap(({ name }) =>
    problem(
      "unknown",
      `daemon ${name} is disabled and watches nothing; enable it, or unregister it`,
    )
  );
}

const UP: ReadonlySet<string> = new Set(["running", "starting", "finished", "scheduled"]);

/** Whether a daemon runs, has finished its work, is being started, or waits for its next run. */
export function isUp(daemon: DaemonStatus): boolean {
  const state = mainThread(daemon)?.state;
  return daemon.enabled && UP.has(state ?? "absent");
}

/** Its old module goes on in these states, whatever is wrong with the new one. */
const GOES_ON: ReadonlySet<string> = new Set(["running", "finished", "scheduled"]);

function goesOn(daemon: DaemonStatus): boolean {
  return GOES_ON.has(mainThread(daemon)?.state ?? "absent");
}

/** What the problem of a daemon's module or entry means for it, as a clause after its name. */
export function problemClause(daemon: DaemonStatus): string {
  return `${goesOn(daemon) ? "runs, but not as configured" : "cannot run"}: ${daemon.problem}`;
}

/**
 * A service's state as text. It is marked as old during a pause, when queries fail, and when its daemon does not run.
 */
export function serviceState(
  { value, queries, queryError, watched, disabled, paused }: Pick<
    ServiceStatus,
    "value" | "queries" | "queryError" | "watched" | "disabled" | "paused"
  >,
  { maintenance }: Pick<Status, "maintenance">,
): string {
  const pause = paused && !maintenance ? ", paused" : "";
  if (queryError !== null || !watched) {
    return `${value === null ? "unknown" : `${value} when last seen`}${pause}`;
  }
  if (value === null) return `${queries ? "not installed" : "not queried yet"}${pause}`;
  if (maintenance) return `${value} before the pause`;
  return `${value}${disabled ? ", disabled" : ""}${pause}`;
}

function serviceProblems(service: ServiceStatus, thresholds: Thresholds): Finding[] {
  const { paused } = service;
  if (paused) return pauseProblems(paused, `${serviceLabel(service)} is `);
  return [
    ...stateProblems(service),
    ...restartProblems(service, thresholds),
    ...probeProblems(service),
  ];
}

/** Problems of its state. */
function stateProblems(service: ServiceStatus): Finding[] {
  const label = serviceLabel(service);
  const { value, queryError, watched, disabled } = service;
  if (!watched) {
    const level = value === null || levelOf(value) !== "critical" ? "unknown" : "critical";
    return problem(level, `${label} is not watched${lastSeenOf(service)}`);
  }
  if (queryError !== null) return problem("unknown", `${label} cannot be queried: ${queryError}`);
  if (value === null) {
    const what = service.queries ? "was not found installed" : "has not been queried yet";
    return problem("unknown", `${label} ${what}`);
  }
  if (disabled === "warn") {
    return problem("warning", `${label} is ${value}, and its start type is disabled`);
  }
  if (disabled === "ignore" || value === "RUNNING") return [];
  return problem(levelOf(value), `${label} is ${value}${whyOf(service)}${heldOf(service)}`);
}

/** Problems of its restarts: failures in a row, the number in the last hour, and one that `observe` did not make. */
function restartProblems(service: ServiceStatus, { errors, restarts }: Thresholds): Finding[] {
  const label = serviceLabel(service);
  const { value, watched, wouldRestart, flapping, restart_error, restartsLastHour } = service;
  const text = `${label}: ${counted(restart_error, "restart")} failed in a row`;
  const failed = beyond(restart_error, errors, text);
  if (!watched) return failed;
  const count = restartsLastHour ?? 0;
  const recent = `${counted(count, "restart")} in the last hour`;
  const why = value === "RUNNING" ? whyOf(service) : "";
  return [
    ...(wouldRestart === null
      ? []
      : problem("warning", `would have restarted ${label}: ${wouldRestart}`)),
    ...failed,
    ...(flapping
      ? problem("critical", `${label} is flapping: ${recent}${why}`)
      : beyond(count, restarts, `${label} had ${recent}`)),
  ];
}

/** Problems that the probes find in a running service. */
function probeProblems(service: ServiceStatus): Finding[] {
  if (!service.watched || service.value !== "RUNNING") return [];
  return service.probes.flatMap(({ name, is, text, failed }) =>
    failed && is !== "ok" ? problem(is, `${serviceLabel(service)} ${name}: ${text}`) : []
  );
}

function beyond(value: number, { warning, critical }: Limits, text: string): Finding[] {
  if (!isInRange(value, critical)) return problem("critical", text);
  return isInRange(value, warning) ? [] : problem("warning", text);
}

/** A pause without an end may have been forgotten. */
function pauseProblems(
  { since, until }: NonNullable<Status["maintenance"]>,
  who: string,
): Finding[] {
  return until === null
    ? problem("warning", `${who}paused since ${since}, and without an end`)
    : [];
}

function levelOf(value: string): "warning" | "critical" {
  return value === "RUNNING" || value.endsWith("_PENDING") ? "warning" : "critical";
}

/** After a colon, why it has stopped: the diagnosis and its best evidence. */
function whyOf({ diagnosis }: ServiceStatus): string {
  const [evidence] = diagnosis?.evidence ?? [];
  if (!diagnosis) return "";
  return `: ${diagnosis.what}${evidence === undefined ? "" : ` (${evidence})`}`;
}

/** Why it is not restarted, unless its diagnosis is the reason. */
function heldOf({ held, diagnosis }: ServiceStatus): string {
  return held === null || diagnosis?.hold ? "" : `; it is not restarted: ${held}`;
}

function lastSeenOf({ value, lastSeenAge }: ServiceStatus): string {
  if (value === null) return "";
  const ago = lastSeenAge === null ? "" : ` ${formatSpan(lastSeenAge)} ago`;
  return `: it was ${value} when last seen${ago}`;
}

const THREAD_LEVELS: Readonly<Record<string, HealthProblem["level"]>> = {
  "failed": "critical",
  "frozen": "critical",
  "backing-off": "warning",
  "stopped": "warning",
  "absent": "warning",
};

function daemonProblems(daemon: DaemonStatus): Finding[] {
  const { name, enabled } = daemon;
  if (!enabled) return [];
  if (daemon.problem === null) return runProblems(daemon);
  const text = `daemon ${name} ${problemClause(daemon)}`;
  return goesOn(daemon)
    ? [...problem("warning", text), ...runProblems(daemon)]
    : problem("critical", text);
}

/** Problems of its threads, or else of what its runs have come to. */
function runProblems(daemon: DaemonStatus): Finding[] {
  const { name, state, lastError, verdict, job } = daemon;
  const main = mainThread(daemon);
  const waited = main?.state === "waiting" ? main.stateFor : 0;
  if (waited > START_TIME) {
    const span = formatSpan(waited);
    return problem("critical", `daemon ${name} has waited ${span} for a place in ${main!.pool}`);
  }
  const level = THREAD_LEVELS[state];
  const why = lastError ? `: ${lastError.message}` : "";
  const verb = state === "failed" ? "has" : "is";
  if (level) return problem(level, `daemon ${name} ${verb} ${state}${why}`);
  if (job?.last?.outcome === "failed") {
    return problem("warning", `job ${name} failed at ${job.last.at}${why}`);
  }
  if (!verdict || verdict.level === "ok") return [];
  return problem(verdict.level, `${name}: ${verdict.text}`);
}
