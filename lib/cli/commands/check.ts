import { parseDuration } from "../../base/mod.ts";
import { Client } from "../../control/client.ts";
import {
  findTroubles,
  parseRange,
  type Range,
  THRESHOLDS,
  type Thresholds,
  worst,
} from "../../control/health.ts";
import { type PerformanceValue, pluginOutput, pluginText } from "../../control/plugin.ts";
import type { Health, Status } from "../../control/status_schema.ts";
import { type Command, type Invocation, refuseWords, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";

/** The exit codes of a plugin. */
const PLUGIN_EXIT: Readonly<Record<Health, number>> = {
  ok: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
};

const DEFAULT_TIMEOUT = "10s";

/** `icinga-warden check` */
export const checkCommand: Command = {
  name: "check",
  words: "",
  summary: "check the running agent as an Icinga plugin does",
  details: [
    "Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; the last too when no agent runs or the flags are wrong.",
    "RANGE is as the Monitoring Plugins guidelines have it: 10, 10:, ~:10, 10:20, @10:20.",
  ],
  flags: {
    warning: {
      short: "w",
      value: "RANGE",
      help: "warn when restart_error is outside (default: 0)",
    },
    critical: {
      short: "c",
      value: "RANGE",
      help: "critical when restart_error is outside (default: 2)",
    },
    timeout: {
      short: "t",
      value: "DURATION",
      help: `how long it may take, such as 5s or 5 (default: ${DEFAULT_TIMEOUT})`,
    },
    verbose: { short: "v", help: "accepted as of every plugin; it always says all that it knows" },
  },
  fail(error) {
    print(pluginError(error));
    return PLUGIN_EXIT.unknown;
  },
  async run(invocation) {
    refuseWords(invocation.words);
    const thresholds = readThresholds(invocation);
    const status = await fetchStatus(findPaths(invocation).home, readTimeout(invocation));
    const troubles = findTroubles(status, thresholds);
    const health = worst(troubles);
    const output = pluginOutput({ ...status, health, problems: troubles }, thresholds);
    if (invocation.given.has("json")) printJson({ health, ...output });
    else print(formatOutput(output));
    return PLUGIN_EXIT[health];
  },
};

/** What a plugin prints about an error of any kind: one line, without what would begin performance data. */
function pluginError(message: string): string {
  return pluginText(`UNKNOWN: ${message}`);
}

async function fetchStatus(home: string, timeout: number): Promise<Status> {
  const client = await Client.connect(home, "monitor");
  return await client.get<Status>("/api/status", timeout);
}

function formatOutput({ summary, details, performance }: ReturnType<typeof pluginOutput>): string {
  return [`${summary} | ${performance.map(formatPerformance).join(" ")}`, ...details].join("\n");
}

function formatPerformance({ label, value, unit, range }: PerformanceValue): string {
  const name = /[\s'=]/.test(label)
    ? `'${label.replaceAll("'", "''").replaceAll("=", "_")}'`
    : label;
  return `${name}=${value}${unit}${range ? `;${range.join(";")}` : ""}`;
}

function readThresholds(invocation: Invocation): Thresholds {
  return {
    warning: readRange(invocation, "warning") ?? THRESHOLDS.warning,
    critical: readRange(invocation, "critical") ?? THRESHOLDS.critical,
  };
}

function readRange({ values }: Invocation, flag: string): Range | undefined {
  const text = values[flag];
  const range = text === undefined ? undefined : parseRange(text);
  if (text !== undefined && !range) {
    throw new UsageError(
      `Flag '--${flag}' is '${text}'; expected a range such as 10, 10:, ~:10, 10:20 or @10:20`,
    );
  }
  return range;
}

/** Plugins' timeouts are seconds by custom. */
function readTimeout({ values: { timeout: text = DEFAULT_TIMEOUT } }: Invocation): number {
  const time = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (time !== undefined && time > 0 && time <= 3_600_000) return time;
  throw new UsageError(
    `Flag '--timeout' is '${text}'; expected a duration such as 500ms, 5s or 1m, at most 1h`,
  );
}
