import Registry from "prom-client/registry";
import { readFamilies } from "./families.ts";
import type { StateReader } from "./read.ts";
import type { Status } from "./status_schema.ts";

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
