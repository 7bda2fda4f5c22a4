import { parseDuration } from "../../base/mod.ts";
import {
  findProblems,
  formatPerformance,
  parseRange,
  PLUGIN_EXIT,
  pluginOutput,
  pluginText,
  type Range,
  THRESHOLDS,
  type Thresholds,
  worst,
} from "../../control/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { readFlag } from "../parse.ts";
import { print, printJson } from "../output.ts";
import { connectAgent } from "../paths.ts";

/** How long a check may take, s. Default of `--timeout`. */
const TIMEOUT = 10;

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
    "restarts-warning": {
      value: "RANGE",
      help: "warn when the restarts of the last hour are outside (default: 3)",
    },
    "restarts-critical": {
      value: "RANGE",
      help: "critical when the restarts of the last hour are outside (default: 10)",
    },
    timeout: {
      short: "t",
      value: "DURATION",
      help: `how long it may take, such as 5s or 5 (default: ${TIMEOUT}s)`,
    },
    verbose: { short: "v", help: "accepted as of every plugin; it always says all that it knows" },
  },
  fail(error, isJson) {
    // One line, without what would begin performance data.
    const summary = pluginText(`UNKNOWN: ${error}`);
    if (isJson) printJson({ health: "unknown", summary, details: [], performance: [] });
    else print(summary);
    return PLUGIN_EXIT.unknown;
  },
  async run(invocation) {
    const thresholds = readThresholds(invocation);
    const timeout = readTimeout(invocation);
    const status = await (await connectAgent(invocation, "monitor")).status(timeout);
    const problems = findProblems(status, thresholds);
    const health = worst(problems);
    const output = pluginOutput({ ...status, health, problems }, thresholds);
    return { json: output, text: formatOutput(output), code: PLUGIN_EXIT[health] };
  },
};

function formatOutput(
  { summary, details, performance }: ReturnType<typeof pluginOutput>,
): string[] {
  return [`${summary} | ${performance.map(formatPerformance).join(" ")}`, ...details];
}

function readThresholds(invocation: Invocation): Thresholds {
  const { errors, restarts } = THRESHOLDS;
  const expected = "a range such as 10, 10:, ~:10, 10:20 or @10:20";
  const read = (flag: string, usual: Range) =>
    readFlag(invocation, flag, parseRange, expected) ?? usual;
  return {
    errors: {
      warning: read("warning", errors.warning),
      critical: read("critical", errors.critical),
    },
    restarts: {
      warning: read("restarts-warning", restarts.warning),
      critical: read("restarts-critical", restarts.critical),
    },
  };
}

/** Plugins' timeouts are seconds by custom. Returns ms. */
function readTimeout(invocation: Invocation): number {
  const parse = (text: string) => {
    const time = parseDuration(/^\d+$/.test(text) ? `${text}s` : text) ?? 0;
    return time > 0 && time <= 3_600_000 ? time : undefined;
  };
  const expected = "a duration such as 500ms, 5s or 1m, or seconds such as 5, from 1ms to 1h";
  return readFlag(invocation, "timeout", parse, expected) ?? TIMEOUT * 1000;
}
