import { join } from "node:path";
import { type Agent, startAgent } from "../agent.ts";
import { buildInfo } from "../build.ts";
import { systemClock } from "../clock.ts";
import { type Config, ConfigError, defaultConfig, type LoadedConfig } from "../config/mod.ts";
import { agentLog, type Log, openLog } from "../log/mod.ts";
import { followChanges } from "../reload.ts";
import { Registry } from "../registry/registry.ts";
import {
  demoScenario,
  parseScenario,
  type Scenario,
  type ServiceManagerPlan,
} from "../service/mod.ts";
import { type EventLog, openEventLog } from "../windows/event_log.ts";
import type { NativeService } from "../windows/native_service.ts";
import { type Claim, claimHome, HomeInUseError } from "../home/claim.ts";
import {
  type Command,
  EXIT,
  type FlagSpecs,
  type Invocation,
  refuseWords,
  UsageError,
} from "./command.ts";
import { loadPlace } from "./config.ts";
import { guardFiles } from "./guard.ts";
import { serveAgent } from "./control_mode.ts";
import { readLevel } from "./level.ts";
import { printError } from "./output.ts";
import { isColourful } from "./paint.ts";
import { findPlace, type Place } from "./place.ts";
import { obeyServiceManager, runAsService } from "./service_mode.ts";
import { onStopSignal } from "./signals.ts";
import { FOR_FLAG, readSpan } from "./span.ts";
import { onUncaught } from "./uncaught.ts";

/** How long the built-in daemons wait for modules that are slow to load, ms. */
const MODULES_WAIT = 500;

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
    if (invocation.given.has("foreground")) return runAgent(invocation);
    return runAsService((service) => runAgent(invocation, { service }));
  },
};

/** How an agent is run beyond what the command line says. */
export interface RunOptions {
  /** The process as a service of Windows, if the service control manager has started it. */
  service?: NativeService | undefined;
  /** Nothing goes to the console, `--foreground` or not. */
  quiet?: boolean;
  /** Commands are served on any port that is free, whatever the configuration says. */
  anyPort?: boolean;
}

/**
 * Runs an agent until its end, and returns the exit code.
 *
 * @throws {UsageError | ConfigError | HomeInUseError} when it cannot be run.
 */
export async function runAgent(
  invocation: Invocation,
  { service, quiet = false, anyPort = false }: RunOptions = {},
): Promise<number> {
  const place = findPlace(invocation);
  const span = readSpan(invocation);
  const level = readLevel(invocation);
  const serviceManager = chooseServiceManager(invocation);
  const foreground = invocation.given.has("foreground");
  const load = async () => {
    const loaded = await loadPlace(place);
    loaded.config.log.level = level ?? loaded.config.log.level;
    if (anyPort) loaded.config.control.listen = { hostname: "127.0.0.1", port: 0 };
    return loaded;
  };
  const events = service && openEventLog();
  const logPlan = { home: place.home, foreground, events };
  const loaded = await readConfig(load, logPlan);
  const { config } = loaded;
  const log = open({ ...logPlan, foreground: foreground && !quiet }, config);
  const home = claim(place, log, foreground);
  const guard = guardFiles(place, {
    isService: service !== undefined,
    allowUnsafeHome: config.allowUnsafeHome,
  });
  const registry = new Registry(place.home, guard.refuse);
  const resolving = registry.resolve(loaded);
  const daemons = await Promise.race([
    resolving,
    systemClock.sleep(MODULES_WAIT).then(() => registry.resolveBuiltin(loaded)),
  ]);
  const warnings = [...home.problems, ...guard.warnings];
  const parts = { log, home, warnings, span, service, until: invocation.until };
  await runUntilStopped(parts, (signal) => {
    const agent = startAgent({
      config,
      daemons,
      home: place.home,
      serviceManager: { ...config.serviceManager, ...serviceManager },
      log: log.write,
      mode: service ? "service" : foreground ? "foreground" : "background",
      lastEnd: home.lastEnd,
    });
    void resolving.then(async (daemons) => {
      await agent.apply(config, daemons);
      const parts = { agent, inForce: { config, daemons }, load, registry, clock: systemClock };
      await followChanges({ ...parts, ...place, log: log.write }, signal);
    });
    return { agent, served: serveAgent({ agent, home: place.home, config: config.control, log }) };
  });
  await events?.close();
  return EXIT.done;
}

/** Where a run's records go. */
interface LogPlan {
  home: string;
  foreground: boolean;
  /** The event log of a service. */
  events: EventLog | undefined;
}

/** A configuration that cannot be used is told on the console and, for a service, in its log. */
async function readConfig(
  load: () => Promise<LoadedConfig>,
  plan: LogPlan,
): Promise<LoadedConfig> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof ConfigError && !plan.foreground) {
      const log = open(plan, defaultConfig());
      for (const line of error.message.split("\n")) agentLog(log.write).fatal(line);
      log.close();
    }
    throw error;
  }
}

function open(
  { home, foreground, events }: LogPlan,
  { log: { level, maxSize, keep } }: Config,
): Log {
  const log = openLog({
    level,
    file: { path: join(home, "logs", "icinga-warden.log"), maxSize, keep },
    console: foreground ? (isColourful() ? "colour" : "plain") : undefined,
    onFailure: printError,
  });
  if (events) log.listen(events.write);
  return log;
}

/**
 * Claims home for this process, which breaks off in order from then on.
 *
 * @throws {HomeInUseError} when another agent runs there; a service has nobody to tell but its log.
 */
function claim({ home }: Place, log: Log, foreground: boolean): Claim {
  const { fatal } = agentLog(log.write);
  try {
    const claim = claimHome(home);
    onUncaught((reason) => {
      fatal(`The agent breaks off: ${reason}`);
      claim.release(reason);
      log.close();
      Deno.exit(EXIT.failed);
    });
    return claim;
  } catch (error) {
    if (error instanceof HomeInUseError && !foreground) fatal(error.message);
    log.close();
    throw error;
  }
}

/** What a run has beside its agent. */
interface RunParts {
  log: Log;
  home: Claim;
  /** What there is to say at the start. */
  warnings: readonly string[];
  /** ms; undefined: no limit. */
  span: number | undefined;
  service: NativeService | undefined;
  /** Aborted when it is to stop. */
  until: AbortSignal | undefined;
}

/**
 * Runs the agent until a signal or the service control manager asks for its end or the time is up; a second
 * signal ends the process at once.
 */
async function runUntilStopped(
  { log, home, warnings, span, service, until }: RunParts,
  start: (stop: AbortSignal) => { agent: Agent; served: Promise<void> },
): Promise<void> {
  const { info, warning } = agentLog(log.write);
  const stop = new AbortController();
  const forgetSignals = onStopSignal((signal) => {
    if (stop.signal.aborted) {
      warning(`${signal} again: ending at once`);
      home.release(`it was ended at once by a second ${signal}`);
      log.close();
      Deno.exit(EXIT.failed);
    }
    info(`${signal}: stopping`);
    stop.abort();
  });
  if (span !== undefined) {
    systemClock.sleep(span, stop.signal).then(() => {
      info("The time given by --for is up: stopping");
      stop.abort();
    }, () => {});
  }
  until?.addEventListener("abort", () => stop.abort(), { once: true });
  const { version, commit, deno } = buildInfo();
  info(`Started icinga-warden ${version} (${commit}, Deno ${deno}), process ${Deno.pid}`);
  for (const line of warnings) warning(line);
  const { agent, served } = start(stop.signal);
  if (service) obeyServiceManager(service, agent, log.write, stop);
  if (stop.signal.aborted) void agent.stop();
  else stop.signal.addEventListener("abort", () => void agent.stop(), { once: true });
  await agent.done;
  await served;
  info("Stopped");
  home.release();
  forgetSignals();
  log.close();
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
    throw new UsageError(`Flag '--scenario': ${error instanceof Error ? error.message : error}`);
  }
}
