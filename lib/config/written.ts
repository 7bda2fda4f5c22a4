import { withDefaults } from "./arguments.ts";
import { formatAddress } from "./address.ts";
import type { BuiltinArguments } from "./check.ts";
import type { ControlConfig } from "./control_schema.ts";
import type { Config, DaemonConfig } from "./schema.ts";
import { formatDuration, formatSize } from "../base/mod.ts";

/**
 * A configuration in the file's own form: durations and sizes as text, the arguments of built-in daemons
 * complete. Written to a file, it means the same.
 */
export function writtenConfig(config: Config, builtin: BuiltinArguments): Record<string, unknown> {
  const { daemons, threadPools, log, serviceManager, control, allowUnsafeHome } = config;
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
    control: writtenControl(control),
    allowUnsafeHome,
  };
}

function writtenControl({ listen, metrics }: ControlConfig): Record<string, unknown> {
  return {
    listen: listen ? formatAddress(listen) : "off",
    ...(metrics && { metrics: { ...metrics, listen: formatAddress(metrics.listen) } }),
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
