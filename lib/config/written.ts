import { formatDuration, formatSize } from "../base/mod.ts";
import { withDefaults } from "../daemon/mod.ts";
import type { BuiltinArguments } from "./check.ts";
import { type ControlConfig, formatAddress } from "./control_schema.ts";
import type { Config, DaemonConfig } from "./schema.ts";

const SAMPLE =
  `// The configuration of icinga-warden. All values in it are the defaults: a key that you leave
// out has the value that it has here. Check your changes with: icinga-warden config check
//
// Durations are written 500ms, 5s, 2m, 1h or 1d, sizes 64KB, 10MB or 1GB (1KB is 1024 bytes).
{
  // For editors that complete and check the file, after: icinga-warden config schema > schema.json
  // "$schema": "schema.json",

  // The daemons that run. Without this key the Icinga daemon runs alone; with it, those listed and no others.
  "daemons": {
    // Keeps the Icinga 2 agent service running.
    "icinga_agent_service": {
      "arguments": {
        // The name of the service (not its display name).
        "service": "icinga2",
        // The time from one query of its state to the next.
        "interval": "5s",
        // A service that has been RUNNING for this time is stable.
        "stableAfter": "60s",
        // After this many restarts within 10 minutes it is flapping, and tried every 5 minutes; 0: never.
        "maxRestarts": 5,
        // The wait before the second restart in a row; it doubles with each one up to 5 minutes; 0s: none.
        "backoff": "10s",
        // How long it may stay in a pending state without progress before that is an error.
        "pendingLimit": "60s",
        // What is done about a stopped service whose start type is disabled: warn, ignore or enable.
        "whenDisabled": "warn",
        // Whether the process of a service that is stuck in a pending state is ended.
        "endStuck": false,
        // What may be done to it: act (all), stopped (it is started when it is stopped) or observe (nothing).
        "mode": "act",
        // The folder that holds Icinga's etc and var; empty: %ProgramData%\\icinga2.
        "dataDir": "",
        // What differs from the probes' defaults, such as "disk off" or "heartbeat_file failAfter=20m action=tell".
        "probes": [],
        // What is repaired automatically: "state-file", a damaged Icinga state file, is moved aside and kept.
        "repair": [],
      },
      // false keeps the entry, but the daemon does not run.
      "enabled": true,
    },
    // A daemon of your own, its file in this folder or at an absolute path:
    // "disk_watch": { "module": "daemons/disk_watch.ts", "arguments": { "drive": "C:" } },
  },

  // How many threads of daemons run at once.
  "threadPools": {
    "MainPool": { "max": 20 },
  },

  // The log file, logs/icinga-warden.log.
  "log": {
    // The lowest level that is logged: trace, debug, info, warning, error or fatal.
    "level": "info",
    // A file that has grown to maxSize is renamed, and a new one begins; keep: how many older files are kept.
    "maxSize": "10MB",
    "keep": 5,
  },

  // How long a query of a service, and a start or stop, may take before it counts as failed.
  "serviceManager": {
    "queryTimeout": "10s",
    "changeTimeout": "60s",
    // What may be done to services: act (all), stopped (stopped ones are started) or observe (nothing).
    "mode": "act",
  },

  // Where commands such as 'icinga-warden status' and the page are served, on this host alone; "off": nowhere.
  "control": {
    "listen": "127.0.0.1:5664",
    // Metrics for a Prometheus on another host: see 'icinga-warden docs monitoring'.
    // "metrics": { "listen": "0.0.0.0:9664", "user": "prometheus", "passwordFile": "metrics.password" },
    // Or as a file for windows_exporter or Grafana Alloy, which is written every minute:
    // "metrics": { "textfile": "C:\\\\Program Files\\\\windows_exporter\\\\textfile_inputs\\\\icinga-warden.prom" },
  },
  // Whether the service runs daemons from folders into which others than administrators may write.
  "allowUnsafeHome": false,
  // Who else may write the agent's files, such as "DOMAIN\\\\deployment"; administrators may in any case.
  "trustedWriters": [],
}
`;

/**
 * The commented configuration that `config init` writes; it equals the defaults. Its lines end as those
 * of text files do on this system, since Notepad before Windows 10 1809 shows no other line ends.
 */
export function sampleConfig(os: typeof Deno.build.os = Deno.build.os): string {
  return os === "windows" ? SAMPLE.replaceAll("\n", "\r\n") : SAMPLE;
}

/**
 * A configuration in the file's own form: durations and sizes as text, the arguments of built-in daemons
 * complete. Written to a file, it means the same.
 */
export function writtenConfig(config: Config, builtin: BuiltinArguments): Record<string, unknown> {
  const { daemons, threadPools, log, serviceManager, control, allowUnsafeHome, trustedWriters } =
    config;
  return {
    daemons: Object.fromEntries(
      Object.entries(daemons).map(([name, daemon]) => [name, writtenDaemon(name, daemon, builtin)]),
    ),
    threadPools,
    log: { ...log, maxSize: formatSize(log.maxSize) },
    serviceManager: {
      queryTimeout: formatDuration(serviceManager.queryTimeout),
      changeTimeout: formatDuration(serviceManager.changeTimeout),
      mode: serviceManager.mode,
    },
    control: writtenControl(control),
    allowUnsafeHome,
    trustedWriters,
  };
}

function writtenControl({ listen, metrics }: ControlConfig): Record<string, unknown> {
  return {
    listen: listen ? formatAddress(listen) : "off",
    ...(metrics && {
      metrics: {
        ...metrics,
        ...(metrics.listen && { listen: formatAddress(metrics.listen) }),
        every: formatDuration(metrics.every),
      },
    }),
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
