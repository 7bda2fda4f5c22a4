import { counted, cut, sanitize } from "../base/mod.ts";
import {
  findProblems,
  formatRange,
  isUp,
  type Limits,
  problemClause,
  serviceLabel,
  serviceState,
  THRESHOLDS,
  type Thresholds,
  worst,
} from "./health.ts";
import type {
  DaemonStatus,
  DiagnosisStatus,
  Health,
  ProbeStatus,
  ServiceStatus,
  Status,
  VerdictStatus,
} from "./status_schema.ts";

/** One value of a plugin's performance data. */
export interface PerformanceValue {
  label: string;
  value: number;
  /** `s`, `B`, `%`, `c` for a counter, or nothing. */
  unit: "" | "s" | "B" | "%" | "c";
  /** Warning, critical, least and greatest value; as far as there are any. */
  range?: readonly (string | number)[];
}

/** The output of a plugin. */
export interface PluginOutput {
  health: Health;
  /** The first line, without performance data. */
  summary: string;
  /** More lines: one for each service and daemon. */
  details: string[];
  performance: PerformanceValue[];
}

/** A status as the output of a plugin, by the Monitoring Plugins guidelines. */
export function pluginOutput(
  status: Status,
  thresholds: Thresholds = THRESHOLDS,
): PluginOutput {
  return {
    health: status.health,
    summary: pluginText(`${status.health.toUpperCase()}: ${summarize(status)}`),
    details: shorten([
      ...status.services.flatMap((service) => [
        describeService(service, status),
        ...(service.diagnosis ? [describeDiagnosis(service.diagnosis)] : []),
        ...service.probes.map(describeProbe),
      ]),
      ...status.daemons.flatMap((daemon) => [
        describeDaemon(daemon),
        ...(daemon.verdict ? [describeVerdict(daemon.name, daemon.verdict)] : []),
      ]),
    ]),
    performance: performanceOf(status, thresholds),
  };
}

/** The output for one service. */
export function serviceOutput(service: ServiceStatus, status: Status): PluginOutput {
  const agent = { ...status.agent, troubles: [] };
  const parts = { ...status, agent, services: [service], daemons: [] };
  const problems = findProblems(parts);
  const output = pluginOutput({ ...parts, health: worst(problems), problems });
  return { ...output, performance: servicePerformance(service, "", THRESHOLDS) };
}

/** The output for a daemon's own verdict; undefined when it gives none. */
export function verdictOutput({ verdict }: DaemonStatus): PluginOutput | undefined {
  if (!verdict) return undefined;
  return {
    health: verdict.level,
    summary: pluginText(`${verdict.level.toUpperCase()}: ${verdict.text}`),
    details: [],
    performance: verdictPerformance(verdict, ""),
  };
}

/** Performance data as a plugin prints it: `label=value`, with unit and thresholds. */
export function formatPerformance({ label, value, unit, range }: PerformanceValue): string {
  const name = /[\s'=]/.test(label)
    ? `'${label.replaceAll("'", "''").replaceAll("=", "_")}'`
    : label;
  return `${name}=${value}${unit}${range ? `;${range.join(";")}` : ""}`;
}

/** Lines, and services with performance data. */
const MOST_DETAILS = 50;

/** Icinga's database takes 64 KB of lines, and as much of performance data. */
const MOST_BYTES = 60_000;

/** Numbers of all verdicts together. */
const MOST_VERDICT_NUMBERS = 200;

function shorten(details: readonly string[]): string[] {
  const shown = fitting(details.slice(0, MOST_DETAILS).map(pluginText), (line) => line);
  const more = details.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** The first of some items whose texts take no more than {@linkcode MOST_BYTES}, with what parts them. */
function fitting<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  const encoder = new TextEncoder();
  let left = MOST_BYTES;
  return items.filter((item) => (left -= encoder.encode(textOf(item)).length + 1) >= 0);
}

function summarize({ problems, services, daemons, maintenance }: Status): string {
  if (problems.length > 0) return problems.map(({ text }) => text).join(", ");
  if (maintenance) return `paused until ${maintenance.until}`;
  const states = services.map((service) =>
    `${serviceLabel(service)} is ${stateUntil(service, { maintenance })}`
  );
  const running = `${runningOf(daemons)} of ${enabledOf(daemons)} daemons run`;
  return [...states, ...(daemons.length > 0 ? [running] : [])].join(", ");
}

/** A service's state, with the end of its pause. */
function stateUntil(service: ServiceStatus, status: Pick<Status, "maintenance">): string {
  const state = serviceState(service, status), until = service.paused?.until;
  return until && state.endsWith(" paused") ? `${state} until ${until}` : state;
}

function describeService(service: ServiceStatus, status: Status): string {
  const { restart_error, restarts, restartsLastHour, lastRestart, queryError } = service;
  const recent = restartsLastHour === null ? "" : ` (${restartsLastHour} in the last hour)`;
  const restarted = restarts === null ? "" : `, ${counted(restarts, "restart")}${recent}`;
  const last = lastRestart === null ? "" : `, the last ${lastRestart}`;
  const error = queryError === null ? "" : `, cannot be queried: ${queryError}`;
  const state = stateUntil(service, status);
  return `service ${
    serviceLabel(service)
  }: ${state}, restart_error ${restart_error}${restarted}${last}${error}`;
}

/** Why a service has stopped, with all the evidence and how to fix it, on one line. */
export function describeDiagnosis(
  { what, since, evidence, advice, hold }: DiagnosisStatus,
): string {
  const held = hold ? "; it is not restarted until that has changed" : "";
  return [`diagnosis of ${since}: ${what}`, ...evidence, advice].join("; ") + held;
}

function describeProbe({ name, is, text, advice, since }: ProbeStatus): string {
  const began = since === null ? "" : ` since ${since}`;
  return `probe ${name}: ${is}${began}, ${text}${advice === null ? "" : `; ${advice}`}`;
}

function describeDaemon(daemon: DaemonStatus): string {
  const { name, problem, state, restarts, heap, lastError } = daemon;
  const memory = heap === null ? "" : `, ${heap} B of heap`;
  const error = lastError ? `, last error ${lastError.at}: ${lastError.message}` : "";
  const status = problem === null ? state : problemClause(daemon);
  return `daemon ${name}: ${status}, ${counted(restarts, "restart")}${memory}${error}`;
}

function describeVerdict(daemon: string, { level, text, at }: VerdictStatus): string {
  return `verdict of ${daemon}: ${level}, ${text} (${at})`;
}

function verdictPerformance({ numbers }: VerdictStatus, prefix: string): PerformanceValue[] {
  return Object.entries(numbers).map(([name, number]) => {
    const { value, unit = "", warning = "", critical = "", min = "", max = "" } = number;
    const label = pluginText(`${prefix}${name}`);
    return { label, value, unit, range: [warning, critical, min, max] };
  });
}

/** One value with its range; none when it is not known. */
function known(
  label: string,
  value: number | null,
  unit: PerformanceValue["unit"],
  range?: PerformanceValue["range"],
): PerformanceValue[] {
  return value === null ? [] : [{ label, value, unit, ...(range && { range }) }];
}

function performanceOf(status: Status, thresholds: Thresholds): PerformanceValue[] {
  const { services, daemons, agent } = status;
  const heaps = daemons.flatMap(({ heap }) => heap ?? []);
  const restarts = daemons.reduce((sum, { restarts }) => sum + restarts, 0);
  return fitting([
    ...services.slice(0, MOST_DETAILS).flatMap((service) =>
      servicePerformance(service, labelPrefix(service, services), thresholds)
    ),
    ...known("daemons", runningOf(daemons), "", ["", "", 0, enabledOf(daemons)]),
    ...known("thread_restarts", restarts, "c"),
    ...known("heap", heaps.length > 0 ? heaps.reduce((a, b) => a + b) : null, "B"),
    ...known("memory", agent.memory, "B"),
    ...known("uptime", agent.uptime, "s"),
    ...daemons.flatMap(({ name, verdict }) =>
      verdict ? verdictPerformance(verdict, `${name} `) : []
    )
      .slice(0, MOST_VERDICT_NUMBERS),
  ], formatPerformance);
}

/** A single service needs no label. Where two daemons watch one service, the daemon's name is added. */
function labelPrefix(service: ServiceStatus, services: readonly ServiceStatus[]): string {
  if (services.length <= 1) return "";
  const label = serviceLabel(service);
  const isShared = services.filter((other) => serviceLabel(other) === label).length > 1;
  return `${pluginText(isShared ? `${service.daemon} ${label}` : label)} `;
}

function servicePerformance(
  { restart_error, restarts, restartsLastHour, restartFailures, queryTime }: ServiceStatus,
  prefix: string,
  thresholds: Thresholds,
): PerformanceValue[] {
  const rangeOf = ({ warning, critical }: Limits) =>
    [formatRange(warning), formatRange(critical), 0] as const;
  const seconds = queryTime === null ? null : Number(queryTime.toFixed(6));
  return [
    ...known(`${prefix}restart_error`, restart_error, "", rangeOf(thresholds.errors)),
    ...known(`${prefix}restarts`, restarts, "c"),
    ...known(`${prefix}restart_failures`, restartFailures, "c"),
    ...known(`${prefix}query_time`, seconds, "s"),
    ...known(`${prefix}restarts_last_hour`, restartsLastHour, "", rangeOf(thresholds.restarts)),
  ];
}

function enabledOf(daemons: readonly DaemonStatus[]): number {
  return daemons.filter(({ enabled }) => enabled).length;
}

function runningOf(daemons: readonly DaemonStatus[]): number {
  return daemons.filter(isUp).length;
}

/** One line for a plugin: sanitized, without what would begin performance data, and no longer than 1,000 characters. */
export function pluginText(text: string): string {
  return cut(sanitize(text).replaceAll("|", "/"), 1_000);
}
