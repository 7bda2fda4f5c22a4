import { mapPath, readMetrics } from "../daemon/mod.ts";
import type { Family } from "./families.ts";
import { daemonsOf, type StateReader } from "./state_reader.ts";

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
