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
    const problems: string[] = [];
    const own = named.filter(({ service, path }) => {
      const key = service.toLowerCase();
      const watcher = watchers.get(key);
      if (watcher === undefined) {
        watchers.set(key, daemon.name);
        return true;
      }
      const expected = `name it once: daemon '${watcher}' watches it already`;
      problems.push(
        describe({
          path: ["daemons", daemon.name, "arguments", ...path],
          value: service,
          expected,
        }),
      );
      return false;
    });
    const [problem] = problems;
    if (problem === undefined) return daemon;
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
