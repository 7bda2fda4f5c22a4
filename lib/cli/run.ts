import { errorMessage } from "../base/mod.ts";
import {
  demoScenario,
  parseScenario,
  type Scenario,
  type ServiceManagerPlan,
} from "../service/mod.ts";
import {
  type Command,
  type FlagSpecs,
  type Invocation,
  refuseWords,
  UsageError,
} from "./command.ts";
import { readLevel } from "./level.ts";
import { findPlace } from "./place.ts";
import { runAgent, type RunPlan } from "./run_agent.ts";
import { runAsService } from "./service_mode.ts";
import { FOR_FLAG, readSpan } from "./span.ts";

/** The flags that say how an agent is run. */
export const RUN_FLAGS = {
  foreground: { help: "log to the console too, to debug" },
  simulate: { help: "a simulated service manager instead of Windows'" },
  scenario: {
    value: "TEXT",
    help: "with --simulate: what the service does, such as crash=4s,refuse=1",
  },
  for: FOR_FLAG,
} as const satisfies FlagSpecs;

/** `icinga-warden run` */
export const runCommand: Command = {
  name: "run",
  words: "[--foreground]",
  summary: "run the agent",
  details: [
    "Without --foreground it logs to logs/icinga-warden.log in home and prints nothing, as a service does.",
    "Ctrl+C stops it in order: daemons get 5 s to end. A second Ctrl+C ends it at once.",
  ],
  flags: RUN_FLAGS,
  run(invocation) {
    refuseWords(invocation.words);
    if (invocation.given.has("foreground")) return runAgent(readRun(invocation));
    return runAsService((service) => runAgent(readRun(invocation), { service }));
  },
};

/**
 * What a command line with {@linkcode RUN_FLAGS} says of how an agent is to run.
 *
 * @throws {UsageError} when it cannot be meant.
 */
export function readRun(invocation: Invocation): RunPlan {
  return {
    place: findPlace(invocation),
    span: readSpan(invocation),
    level: readLevel(invocation),
    serviceManager: chooseServiceManager(invocation),
    foreground: invocation.given.has("foreground"),
    until: invocation.until,
  };
}

function chooseServiceManager({ given, values }: Invocation): ServiceManagerPlan {
  if (values.scenario !== undefined && !given.has("simulate")) {
    throw new UsageError("Flag '--scenario' goes with '--simulate'");
  }
  if (given.has("simulate")) return { kind: "simulated", scenario: readScenario(values.scenario) };
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
