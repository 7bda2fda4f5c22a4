import { mapPath, readMetrics } from "../daemon/mod.ts";
import type { Histogram } from "../service/mod.ts";
import { daemonsOf, type StateReader } from "./state_reader.ts";

/** A metric with all its values. */
export interface Family {
  name: string;
  help: string;
  type: "gauge" | "counter" | "histogram";
  values: { value: number; labels: Labels; metricName: string }[];
}

/** Names and values of labels. */
export type Labels = Record<string, string>;

/** One value of a metric of a thing. */
export interface Sample {
  value: number;
  /** Labels beside those of the thing. */
  labels: Labels;
  /** What follows the metric's name: the parts of a histogram have names of their own. */
  suffix?: "_bucket" | "_sum" | "_count";
}

/**
 * Metrics of a kind of thing by name, without its prefix: the help, and what reads the value, or the values, of a thing;
 * null: it is not known.
 */
export type Metrics<Thing> = Record<
  string,
  [help: string, read: (thing: Thing) => number | null | Sample[]]
>;

/** The values of metrics for some things, each with the labels of its thing. */
export function families<Thing>(
  prefix: string,
  metrics: Metrics<Thing>,
  things: readonly Thing[],
  labelsOf: (thing: Thing) => Labels,
): Family[] {
  return Object.entries(metrics).map(([shortName, [help, read]]) => {
    const name = prefix + shortName;
    const values = things.flatMap((thing) => {
      const value = read(thing) ?? [];
      const samples: Sample[] = typeof value === "number" ? [{ value, labels: {} }] : value;
      return samples.map(({ value, labels, suffix }) => ({
        value,
        labels: { ...labelsOf(thing), ...labels },
        metricName: `${name}${suffix ?? ""}`,
      }));
    });
    return { name, help, type: typeOf(name), values };
  });
}

function typeOf(name: string): Family["type"] {
  if (name.endsWith("_total")) return "counter";
  return name.endsWith("_duration_seconds") ? "histogram" : "gauge";
}

/** One sample for each of `states`, with that state as the label `label`: 1 for the current one, 0 for all others. */
export function stateSet(label: string, states: readonly string[], current: string): Sample[] {
  return states.map((state) => ({ value: Number(state === current), labels: { [label]: state } }));
}

/** The buckets of a histogram in Prometheus count all that is shorter too. */
export function histogram(durations: Histogram | null): Sample[] | null {
  if (!durations) return null;
  const { le, counts, sum, count } = durations;
  let below = 0;
  const buckets = [...le.map(String), "+Inf"].map((bound, i): Sample => {
    below += counts[i]!;
    return { value: below, labels: { le: bound }, suffix: "_bucket" };
  });
  return [
    ...buckets,
    { value: sum, labels: {}, suffix: "_sum" },
    { value: count, labels: {}, suffix: "_count" },
  ];
}

/**
 * The metrics that daemons declare for their maps. Where several declare one name, the first gives help and type;
 * others of another type are left out.
 */
export function daemonFamilies(state: StateReader): Family[] {
  const found = new Map<string, Family>();
  for (const [daemon, { enabled, metrics }] of daemonsOf(state)) {
    if (!enabled || !metrics) continue;
    const mapOf = (name: string) => state.map(mapPath(daemon, name));
    for (
      const { name, type, help, ...series } of readMetrics(
        metrics.module,
        daemon,
        metrics.maps,
        mapOf,
      )
    ) {
      const family = found.get(name) ?? { name, type, help, values: [] };
      found.set(name, family);
      if (family.type === type) family.values.push({ ...series, metricName: name });
    }
  }
  return [...found.values()];
}
