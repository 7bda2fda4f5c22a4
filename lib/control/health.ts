import type { DaemonStatus, Health, ServiceStatus, Status, Trouble } from "./status_schema.ts";

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

/** From which number of failed restarts in a row on it is a trouble. */
export interface Thresholds {
  /** Outside it is a warning. */
  warning: Range;
  /** Outside it is critical. */
  critical: Range;
}

/** One failed restart is a warning, three in a row are critical. */
export const THRESHOLDS: Thresholds = {
  warning: { start: 0, end: 0, inside: false },
  critical: { start: 0, end: 2, inside: false },
};

const SEVERITY: readonly Health[] = ["ok", "warning", "unknown", "critical"];

/** The worst of some troubles; none: all is well. */
export function worst(troubles: readonly Trouble[]): Health {
  return troubles.reduce<Health>(
    (worst, { level }) => SEVERITY.indexOf(level) > SEVERITY.indexOf(worst) ? level : worst,
    "ok",
  );
}

/**
 * All that is not well, the worst first. While the agent is paused nothing else counts; a pause without an end is
 * a warning, since it may have been forgotten.
 */
export function findTroubles(
  { maintenance, services, daemons }: Pick<Status, "maintenance" | "services" | "daemons">,
  thresholds: Thresholds = THRESHOLDS,
): Trouble[] {
  if (maintenance) {
    return maintenance.until !== null
      ? []
      : [{ level: "warning", text: `paused since ${maintenance.since}, and without an end` }];
  }
  const troubles = [
    ...services.flatMap((service) => serviceTroubles(service, thresholds)),
    ...daemons.flatMap(daemonTroubles),
  ];
  return troubles.sort((a, b) => SEVERITY.indexOf(b.level) - SEVERITY.indexOf(a.level));
}

/** A service's name, or as long as it is not known its daemon's. */
export function serviceLabel({ name, daemon }: ServiceStatus): string {
  return name ?? daemon;
}

/** A service's state as people read it; a pause, or queries that fail, make the state last seen an old one. */
export function serviceState(
  { value, queryError }: Pick<ServiceStatus, "value" | "queryError">,
  { maintenance }: Pick<Status, "maintenance">,
): string {
  if (queryError !== null) return value === null ? "unknown" : `${value} when last seen`;
  if (value === null) return "not installed";
  return maintenance ? `${value} before the pause` : value;
}

function serviceTroubles(service: ServiceStatus, { warning, critical }: Thresholds): Trouble[] {
  const label = serviceLabel(service);
  const { value, queryError, restart_error: errors } = service;
  const troubles: Trouble[] = [];
  if (queryError !== null) {
    troubles.push({ level: "unknown", text: `${label} cannot be queried: ${queryError}` });
  } else if (value === null) {
    troubles.push({ level: "unknown", text: `${label} was not found installed` });
  } else if (value !== "RUNNING") {
    const level = value.endsWith("_PENDING") ? "warning" : "critical";
    troubles.push({ level, text: `${label} is ${value}` });
  }
  const level = !isInRange(errors, critical)
    ? "critical"
    : !isInRange(errors, warning)
    ? "warning"
    : undefined;
  if (level) troubles.push({ level, text: `${label} has restart_error ${errors}` });
  return troubles;
}

const THREAD_LEVELS: Readonly<Record<string, Trouble["level"]>> = {
  "failed": "critical",
  "frozen": "critical",
  "backing-off": "warning",
  "stopped": "warning",
  "absent": "warning",
};

function daemonTroubles({ name, enabled, problem, state, lastError }: DaemonStatus): Trouble[] {
  if (!enabled) return [];
  if (problem !== null) {
    return [{ level: "critical", text: `daemon ${name} cannot run: ${problem}` }];
  }
  const level = THREAD_LEVELS[state];
  const why = lastError && state !== "absent" ? `: ${lastError.message}` : "";
  return level ? [{ level, text: `daemon ${name} is ${state}${why}` }] : [];
}
