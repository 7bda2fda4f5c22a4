/**
 * The results that `icinga_report` sends to Icinga. Made in a daemon's thread from its copy
 * of the public state, so this loads nothing of the endpoint.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { DaemonMap } from "../daemon/mod.ts";
import { Ages } from "./state_reader.ts";
import { PLUGIN_EXIT } from "./health.ts";
import { formatPerformance, pluginOutput, serviceOutput, verdictOutput } from "./plugin.ts";
import { readStatus } from "./status.ts";
import type { Status } from "./status_schema.ts";

/** The result of one object. */
export interface ObjectResult {
  /** The name of the service object in Icinga. */
  service: string;
  /** 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
  exitStatus: number;
  /** The first line. */
  summary: string;
  /** All lines. */
  output: string;
  /** Each `label=value`, with unit and thresholds. */
  performance: string[];
}

/** The service object of the agent; those of services and verdicts begin with it. */
export const AGENT_SERVICE = "icinga-warden";

/**
 * What `check` says as results: one of the agent, one of each watched service (`icinga-warden-service-<name>`), one of
 * each daemon that gives a verdict (`icinga-warden-daemon-<name>`).
 */
export function resultsOf(status: Status): ObjectResult[] {
  const { services, daemons } = status;
  const found = [
    { service: AGENT_SERVICE, ...pluginOutput(status) },
    ...services.filter(({ name }) => name !== null).map((service) => ({
      service: `${AGENT_SERVICE}-service-${service.name}`,
      ...serviceOutput(service, status),
    })),
    ...daemons.flatMap((daemon) => {
      const output = verdictOutput(daemon);
      return output ? [{ service: `${AGENT_SERVICE}-daemon-${daemon.name}`, ...output }] : [];
    }),
  ];
  const results = found.map(({ service, health, summary, details, performance }) => ({
    // Icinga separates the names of host and service by "!", and "$" begins a macro in a custom variable.
    service: service.replaceAll(/[!$]/g, "_"),
    exitStatus: PLUGIN_EXIT[health],
    summary,
    output: [summary, ...details].join("\n"),
    performance: performance.map(formatPerformance),
  }));
  // Two daemons that watch the same service: the first one speaks for it.
  return [...new Map(results.toReversed().map((result) => [result.service, result])).values()]
    .toReversed();
}

/** The public state as a daemon's context gives it. */
export interface StateMaps {
  of(daemon: string, map: string): DaemonMap<unknown>;
  agent(map: string): DaemonMap<unknown>;
}

/**
 * Makes results, as they are at each call, from the public state of a daemon's thread.
 *
 * @param own the daemon's name: its own verdict is left out.
 * @param onChange called when one of the maps that were read changes.
 */
export function stateResults(
  maps: StateMaps,
  own: string,
  clock: Pick<Clock, "now">,
  onChange: () => void,
): () => ObjectResult[] {
  const followed = new Map<string, DaemonMap<unknown>>();
  // A map is listened to from the first time on that it is read.
  const follow = (path: string) => {
    const known = followed.get(path);
    if (known) return known;
    const [, daemon, name] = /^(?:Agent|Daemons\.([^.]+))\.(.+)$/.exec(path)!;
    const map = daemon === undefined ? maps.agent(name!) : maps.of(daemon, name!);
    followed.set(path, map);
    for (const [key, value] of map) ages.note({ map: path, key, value });
    map.onChange(({ key, value }) => {
      ages.note({ map: path, key, value });
      onChange();
    });
    return map;
  };
  const ages = new Ages(clock);
  return () => {
    const memory = Deno.memoryUsage().rss;
    return resultsOf(readStatus({ map: follow }, { age: ages.of, memory, host: "", silent: own }));
  };
}
