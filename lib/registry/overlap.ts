import type { LoadedConfig } from "../config/mod.ts";
import { withDefaults } from "../daemon/mod.ts";
import type { RegisteredDaemon } from "./registry.ts";

/**
 * Leaves each service to the first built-in daemon that names it: two that watch one service would each act on what the
 * other does. Names are compared as Windows does, without case. A daemon with a problem goes on with the services that
 * it has left, if any.
 */
export function leaveToFirst(
  daemons: readonly RegisteredDaemon[],
  describe: LoadedConfig["describe"],
): RegisteredDaemon[] {
  const watchers = new Map<string, string>();
  return daemons.map((daemon) => {
    if (daemon.module !== null || !daemon.enabled || daemon.problem !== undefined) return daemon;
    const named = namedServices(daemon);
    const own = named.filter(({ service }) => {
      const isFirst = !watchers.has(service.toLowerCase());
      if (isFirst) watchers.set(service.toLowerCase(), daemon.name);
      return isFirst;
    });
    const taken = named.find((one) => !own.includes(one));
    if (!taken) return daemon;
    const watcher = watchers.get(taken.service.toLowerCase());
    const problem = describe({
      path: ["daemons", daemon.name, "arguments", ...taken.path],
      value: taken.service,
      expected: `name it once: daemon '${watcher}' watches it already`,
    });
    if (own.length === 0) return { ...daemon, problem, runs: false };
    const services = own.map(({ service }) => service);
    return { ...daemon, arguments: { ...daemon.arguments, services }, problem, runs: true };
  });
}

/** The services that a built-in daemon's arguments name, and which argument each is. */
function namedServices({ arguments: given, description }: RegisteredDaemon) {
  const { service, services } = withDefaults(description?.arguments ?? {}, given);
  if (typeof service === "string") return [{ service, path: ["service"] }];
  const list: string[] = Array.isArray(services) ? services : [];
  return list.map((service, i) => ({ service, path: ["services", String(i)] }));
}
