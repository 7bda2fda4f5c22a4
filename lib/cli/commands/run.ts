import { logFatal, runAgent, type RunPlan } from "../../agent/mod.ts";
import { errorMessage } from "../../base/mod.ts";
import { ConfigError } from "../../config/mod.ts";
import {
  demoScenario,
  parseScenario,
  type Scenario,
  SCENARIO_WORDS,
  type ServiceManagerPlan,
  type ServiceMode,
} from "../../service/mod.ts";
import { joinServiceManager, type NativeService, openEventLog } from "../../windows/mod.ts";
import { type Command, EXIT, type FlagSpecs, type Invocation, UsageError } from "../command.ts";
import { FOR_FLAG, MODE_FLAG, readLevel, readMode, readRunTime } from "../parse.ts";
import { isColourful, printError } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { indented } from "../table.ts";

/** The flags that say how an agent is run. */
export const RUN_FLAGS = {
  foreground: { help: "log to the console too, to debug" },
  simulate: { help: "a simulated service manager instead of Windows'" },
  scenario: {
    value: "TEXT",
    help: "with --simulate: what the service does, such as crash=4s,refuse=1; see help run",
  },
  mode: MODE_FLAG,
  for: FOR_FLAG,
} as const satisfies FlagSpecs;

/** `icinga-warden run` */
export const runCommand: Command = {
  name: "run",
  words: "[--foreground]",
  summary: "run the agent",
  details: [
    "Without --foreground it logs to logs/icinga-warden.log in home and prints nothing, as a service does.",
    "Ctrl+C stops it in order, within 12 s: daemons get 5 s to end. A second Ctrl+C ends it at once.",
    "",
    "Words of --scenario, with commas between them (without it: crash=8s,refuse=1):",
    ...indented(SCENARIO_WORDS),
  ],
  flags: RUN_FLAGS,
  async run(invocation) {
    if (invocation.given.has("foreground")) await runAgent(readRun(invocation));
    else await runAsService(invocation);
    return EXIT.done;
  },
};

/**
 * How to run an agent, from a command line with {@linkcode RUN_FLAGS}.
 *
 * @throws {UsageError} when a flag is wrong.
 */
export function readRun(invocation: Invocation): RunPlan {
  const paths = findPaths(invocation);
  const { mode, span, scenario } = readRunFlags(invocation);
  return {
    paths,
    load: () => loadAgentConfig(paths),
    colours: isColourful(),
    complain: printError,
    span,
    level: readLevel(invocation),
    serviceManager: { ...chooseServiceManager(invocation, scenario), ...(mode && { mode }) },
    foreground: invocation.given.has("foreground"),
    until: invocation.until,
  };
}

/** The values of {@linkcode RUN_FLAGS}. @throws {UsageError} when one is wrong. */
export function readRunFlags(
  invocation: Invocation,
): { mode: ServiceMode | undefined; span: number | undefined; scenario: Scenario } {
  const { given, values } = invocation;
  const mode = readMode(invocation);
  const span = readRunTime(invocation);
  if (values.scenario !== undefined && !given.has("simulate")) {
    throw new UsageError("Flag '--scenario' goes with '--simulate'");
  }
  return { mode, span, scenario: readScenario(values.scenario) };
}

function chooseServiceManager({ given }: Invocation, scenario: Scenario): ServiceManagerPlan {
  if (given.has("simulate")) return { kind: "simulated", scenario };
  if (Deno.build.os !== "windows") {
    throw new UsageError(
      `There is no Windows service control manager on ${Deno.build.os}; add '--simulate' for a simulated one`,
    );
  }
  return { kind: "windows", systemRoot: Deno.env.get("SystemRoot") || "C:\\Windows" };
}

function readScenario(text: string | undefined): Scenario {
  try {
    return text === undefined ? demoScenario : parseScenario(text);
  } catch (error) {
    throw new UsageError(`Flag '--scenario': ${errorMessage(error)}`);
  }
}

/**
 * Runs as a Windows service where the service control manager started this process, else as a plain program. The
 * service control manager is told the exit code: any but 0 starts its recovery actions.
 *
 * @throws {unknown} what {@linkcode runAgent} throws.
 */
async function runAsService(invocation: Invocation): Promise<void> {
  const service = await join(invocation);
  try {
    await runAgent(readRun(invocation), { service });
  } catch (error) {
    if (service && error instanceof UsageError) tellEventLog(error.message);
    const isUsage = error instanceof ConfigError || error instanceof UsageError;
    await service?.stopped(isUsage ? EXIT.usage : EXIT.failed);
    throw error;
  }
  await service?.stopped(EXIT.done);
}

/** A service that cannot be joined is found in START_PENDING alone: its log and the event log say why. */
async function join(invocation: Invocation): Promise<NativeService | undefined> {
  try {
    return await joinServiceManager();
  } catch (error) {
    logFatal(readRun(invocation), errorMessage(error), openEventLog());
    throw error;
  }
}

/** Without a usable command line there is no home, and so no log file. */
function tellEventLog(message: string): void {
  openEventLog().write({ time: Date.now(), level: "fatal", source: "agent", message });
}
