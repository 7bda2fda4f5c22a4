import { isObject, sanitize } from "../base/mod.ts";

/** What a metric is: a value that goes up and down, or a count that only grows. */
export const metricTypes = ["gauge", "counter"] as const;

/** Prometheus' base units. A share is a `ratio` from 0 to 1. */
export const metricUnits = [
  "seconds",
  "bytes",
  "ratio",
  "celsius",
  "meters",
  "grams",
  "volts",
  "amperes",
  "joules",
] as const;

/**
 * A metric that is read from a map. The map's value under the metric's own name is its one series; a value that is an
 * object with a number of this name is a series with the map's key in a label.
 */
export interface MetricSpec {
  /** `gauge`: it goes up and down; `counter`: it only grows. */
  type: typeof metricTypes[number];
  /** What it measures, in one sentence. */
  help: string;
  /** One of Prometheus' base units: `seconds`, `bytes`, `ratio` and others; it becomes a part of the name. Default: none. */
  unit?: typeof metricUnits[number];
  /** The name of the label that holds the map's key. Default: `key`. */
  label?: string;
}

/** A map's metrics by name: small letters, digits and `_`, a letter first, without unit and `_total`. */
export type MetricSpecs = Readonly<Record<string, MetricSpec>>;

/** The metrics that a daemon has, by map. */
export type DaemonMetrics = Readonly<Record<string, MetricSpecs>>;

/** What of a module's maps is shown as metrics, and the module's name; undefined where nothing is. */
export function declaredMetrics(
  module: { name: string; maps?: Readonly<Record<string, { metrics?: MetricSpecs }>> } | undefined,
): { module: string; maps: DaemonMetrics } | undefined {
  const maps = Object.entries(module?.maps ?? {}).flatMap(([name, { metrics }]) =>
    metrics ? [[name, metrics] as const] : []
  );
  return maps.length > 0 ? { module: module!.name, maps: Object.fromEntries(maps) } : undefined;
}

/** The most metrics that a daemon may declare. */
export const MOST_METRICS = 20;

/** The largest number of entries that are read of a map, and of series that are shown of a daemon. */
const MOST_SERIES = 1_000;

/** The longest label, characters. */
const MOST_LABEL = 200;

/** One value of a metric. */
export interface MetricSeries {
  /** Its full name, such as `icinga_warden_daemon_disk_space_free_bytes`. */
  name: string;
  type: MetricSpec["type"];
  help: string;
  /** The daemon, and the map's key. */
  labels: Record<string, string>;
  value: number;
}

/** `icinga_warden_daemon_<module>_<metric>_<unit>`, and `_total` where it counts. */
export function metricName(module: string, name: string, { unit, type }: MetricSpec): string {
  const parts = ["icinga_warden_daemon", module, name, ...(unit ? [unit] : [])];
  return [...parts, ...(type === "counter" ? ["total"] : [])].join("_");
}

/**
 * The series of a daemon's metrics. Values that are no numbers, counters below 0 and what is beyond the limits are left
 * out; of two keys that look the same the first counts.
 *
 * @param module its module's name, which names of metrics contain.
 * @param mapOf its maps by name; what is in them is whatever the daemon has set.
 */
export function readMetrics(
  module: string,
  daemon: string,
  metrics: DaemonMetrics,
  mapOf: (name: string) => ReadonlyMap<string, unknown>,
): MetricSeries[] {
  const found = new Map<string, MetricSeries>();
  for (const [map, specs] of Object.entries(metrics)) {
    const entries = mapOf(map).entries().take(MOST_SERIES).toArray();
    for (const [name, spec] of Object.entries(specs)) {
      const full = metricName(module, name, spec);
      for (const [key, given] of entries) {
        const isOwn = key === name && typeof given === "number";
        const value = isOwn ? given : isObject(given) ? given[name] : undefined;
        if (!isValue(value, spec)) continue;
        const label: Record<string, string> = isOwn ? {} : { [spec.label ?? "key"]: labelOf(key) };
        const labels = { daemon, ...label };
        const id = JSON.stringify([full, labels]);
        if (found.has(id) || found.size >= MOST_SERIES) continue;
        found.set(id, { name: full, type: spec.type, help: sanitize(spec.help), labels, value });
      }
    }
  }
  return [...found.values()];
}

function isValue(value: unknown, { type }: MetricSpec): value is number {
  return typeof value === "number" && Number.isFinite(value) && (type === "gauge" || value >= 0);
}

function labelOf(key: string): string {
  return sanitize(key.slice(0, MOST_LABEL)).toWellFormed();
}
