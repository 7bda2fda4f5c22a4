import { withDefaults } from "./arguments.ts";
import type { BuiltinArguments } from "./check.ts";
import type { Config, DaemonConfig } from "./schema.ts";
import { formatDuration, formatSize } from "./units.ts";

/**
 * A configuration in the file's own form: durations and sizes as text, the arguments of built-in daemons
 * complete. Written to a file, it means the same.
 */
export function writtenConfig(config: Config, builtin: BuiltinArguments): Record<string, unknown> {
  const { daemons, threadPools, log, serviceManager } = config;
  return {
    daemons: Object.fromEntries(
      Object.entries(daemons).map(([name, daemon]) => [name, writtenDaemon(name, daemon, builtin)]),
    ),
    threadPools,
    log: { ...log, maxSize: formatSize(log.maxSize) },
    serviceManager: {
      queryTimeout: formatDuration(serviceManager.queryTimeout),
      changeTimeout: formatDuration(serviceManager.changeTimeout),
    },
  };
}

function writtenDaemon(
  name: string,
  daemon: DaemonConfig,
  builtin: BuiltinArguments,
): Record<string, unknown> {
  const specs = daemon.module === undefined ? builtin.get(name) : undefined;
  return {
    ...daemon,
    ...(specs && { arguments: withDefaults(specs, daemon.arguments) }),
    frozenAfter: formatDuration(daemon.frozenAfter),
    memoryLimit: formatSize(daemon.memoryLimit),
    failedRetry: formatDuration(daemon.failedRetry),
  };
}
