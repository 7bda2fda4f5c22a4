import { type DaemonMap, defineDaemon } from "icinga-warden/daemon";
import { isSameJson } from "../lib/base/mod.ts";
import type { Diagnosis } from "../lib/icinga/mod.ts";
import { checkServiceName, type ServiceState } from "../lib/service/mod.ts";
import { keepServiceRunning, type SharedService } from "./shared/keep_service_running.ts";
import { configureProbes } from "./shared/probes/mod.ts";
import { WATCH_ARGUMENTS } from "./shared/watch_arguments.ts";

/** What is shared of one service, under its name in the map `ServiceState`. */
export interface ServiceEntry {
  /** The state last seen; absent until the service was found installed. */
  value?: ServiceState;
  /** Restarts that failed in a row. */
  restart_error: number;
  /** Why it has stopped, where the daemon's arguments name Icinga's probes or folder. */
  diagnosis?: Diagnosis;
}

/**
 * The daemon that does for any list of services what `icinga_agent_service` does for one. Each service is
 * watched independently: a slow restart of one does not delay the others.
 */
export default defineDaemon({
  name: "service_watch",
  description: "Keeps a list of services running",
  arguments: {
    services: {
      type: "list",
      minItems: 1,
      description: "Names of the services (not their display names)",
      check: checkServiceName,
    },
    ...WATCH_ARGUMENTS,
  },
  permissions: { services: true },
  maps: {
    ServiceState: {
      description:
        "By service: value, the state last seen; restart_error, restarts that failed in a row; diagnosis",
    },
    ServiceStats: { description: "By service: queries and restarts, counted and timed" },
    ServiceProbes: { description: "By service/probe: is, text, failed, since, advice" },
  },
  async run(context) {
    const map = context.state.map<ServiceEntry>("ServiceState");
    const names = new Set(context.arguments.services);
    for (
      const shared of [map, context.state.map("ServiceStats"), context.state.map("ServiceProbes")]
    ) {
      for (const key of shared.keys()) if (!names.has(key.split("/")[0]!)) shared.delete(key);
    }
    const probes = configureProbes(context.arguments.probes, { areNamed: true });
    await Promise.all([...names].map((service) => {
      const shared = shareIn(map, service);
      return keepServiceRunning(context, { service, shared, probes, prefix: `${service}/` });
    }));
  },
});

function shareIn(map: DaemonMap<ServiceEntry>, name: string): SharedService {
  const change = (part: { [K in keyof ServiceEntry]?: ServiceEntry[K] | undefined }) => {
    const before = map.get(name);
    const { value, restart_error = 0, diagnosis } = { ...before, ...part };
    const after = { ...(value && { value }), restart_error, ...(diagnosis && { diagnosis }) };
    if (!isSameJson(after, before)) map.set(name, after);
  };
  return {
    setValue: (value) => change({ value }),
    restartErrors: () => map.get(name)?.restart_error ?? 0,
    setRestartErrors: (restart_error) => change({ restart_error }),
    setDiagnosis: (diagnosis) => change({ diagnosis }),
  };
}
