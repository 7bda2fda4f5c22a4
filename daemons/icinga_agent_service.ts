import { type DaemonContext, type DaemonMap, defineDaemon } from "icinga-warden/daemon";
import { isSameJson } from "../lib/base/mod.ts";
import { checkServiceName } from "../lib/service/mod.ts";
import { keepServiceRunning, type SharedService } from "./shared/keep_service_running.ts";
import { configureProbes } from "./shared/probes/mod.ts";
import { WATCH_ARGUMENTS } from "./shared/watch_arguments.ts";

/**
 * The daemon that keeps the Icinga 2 agent service running: it queries the service at an interval and
 * restarts it when it is not running. It shares `ServiceState.value` (the state last seen, absent until the
 * service was found installed) and `ServiceState.restart_error` (restarts that failed in a row).
 */
export default defineDaemon({
  name: "icinga_agent_service",
  description: "Keeps the Icinga 2 agent service running",
  arguments: {
    service: {
      type: "string",
      default: "icinga2",
      description: "Name of the service (not its display name)",
      check: checkServiceName,
    },
    ...WATCH_ARGUMENTS,
  },
  permissions: { services: true },
  maps: {
    ServiceState: {
      description:
        "value: the state last seen; restart_error: restarts that failed in a row; diagnosis: why it stopped",
    },
    ServiceStats: { description: "By service: queries and restarts, counted and timed" },
    ServiceProbes: { description: "By probe: is, text, failed, since, advice" },
  },
  run(context) {
    const { service } = context.arguments;
    forgetOthers(context.state, service);
    return keepServiceRunning(context, {
      service,
      shared: shareIn(context.state.map("ServiceState")),
      probes: configureProbes(context.arguments.probes),
      waitsForNetwork: true,
    });
  },
});

/** Deletes what was shared of the service that the argument named before. */
function forgetOthers(state: Pick<DaemonContext["state"], "map">, service: string): void {
  const stats = state.map("ServiceStats");
  const others = [...stats.keys()].filter((name) => name !== service);
  if (others.length === 0) return;
  for (const name of others) stats.delete(name);
  for (const name of ["ServiceState", "ServiceProbes"]) {
    const map = state.map(name);
    for (const key of [...map.keys()]) map.delete(key);
  }
}

function shareIn(map: DaemonMap<unknown>): SharedService {
  const set = (key: string, value: unknown) => {
    if (value === undefined) map.delete(key);
    else if (!isSameJson(map.get(key), value)) map.set(key, value);
  };
  return {
    setValue: (state) => set("value", state),
    restartErrors: () => Number(map.get("restart_error") ?? 0),
    setRestartErrors: (count) => void map.set("restart_error", count),
    setDiagnosis: (diagnosis) => set("diagnosis", diagnosis),
  };
}
