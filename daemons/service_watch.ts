import { type DaemonMap, defineDaemon } from "icinga-warden/daemon";
import { checkServiceName, type ServiceState } from "../lib/service/mod.ts";
import { WATCH_ARGUMENTS } from "./shared/settings.ts";
import { ServiceWatch } from "./shared/service_watch.ts";
import type { SharedState } from "./shared/watch_report.ts";

/** What is shared of one service, under its name in the map `ServiceState`. */
export interface WatchedService {
  /** The state last seen; absent until the service was found installed. */
  value?: ServiceState;
  /** Restarts that failed in a row. */
  restart_error: number;
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
        "By service: value, the state last seen; restart_error, restarts that failed in a row",
    },
    ServiceStats: { description: "By service: queries and restarts, counted and timed" },
  },
  async run(context) {
    const { services, interval } = context.arguments;
    const map = context.state.map<WatchedService>("ServiceState");
    const names = new Set(services);
    for (const name of map.keys()) if (!names.has(name)) map.delete(name);
    await Promise.all([...names].map((name) => {
      const watch = new ServiceWatch(
        context,
        context.service(name),
        shareIn(map, name),
        context.arguments,
      );
      return context.every(interval, () => watch.tick());
    }));
  },
});

function shareIn(map: DaemonMap<WatchedService>, name: string): SharedState {
  const change = (part: { [K in keyof WatchedService]?: WatchedService[K] | undefined }) => {
    const before = map.get(name);
    const { value, restart_error = 0 } = { ...before, ...part };
    const after = { ...(value && { value }), restart_error };
    if (after.value !== before?.value || after.restart_error !== before?.restart_error) {
      map.set(name, after);
    }
  };
  return {
    setValue: (value) => change({ value }),
    restartErrors: () => map.get(name)?.restart_error ?? 0,
    setRestartErrors: (restart_error) => change({ restart_error }),
  };
}
