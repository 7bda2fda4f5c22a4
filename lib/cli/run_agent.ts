import { join } from "node:path";
import { startAgent } from "../agent.ts";
import { systemClock } from "../base/mod.ts";
import { type Config, ConfigError, defaultConfig, type LoadedConfig } from "../config/mod.ts";
import { type Claim, claimHome, HomeInUseError } from "../home/claim.ts";
import { agentLog, type Log, type LogLevel, openLog } from "../log/mod.ts";
import { Registry } from "../registry/registry.ts";
import { followChanges } from "../reload.ts";
import type { ServiceManagerPlan } from "../service/mod.ts";
import { type EventLog, openEventLog } from "../windows/event_log.ts";
import type { NativeService } from "../windows/native_service.ts";
import { EXIT } from "./command.ts";
import { loadPlace } from "./config.ts";
import { serveAgent } from "./control_mode.ts";
import { guardFiles } from "./guard.ts";
import { printError } from "./output.ts";
import { isColourful } from "./paint.ts";
import type { Place } from "./place.ts";
import { onUncaught } from "./uncaught.ts";
import { runUntilStopped } from "./until_stopped.ts";

/** How long the built-in daemons wait for modules that are slow to load, ms. */
const MODULES_WAIT = 500;

/** What the command line says of a run. */
export interface RunPlan {
  place: Place;
  /** When it stops by itself, ms; undefined: never. */
  span: number | undefined;
  /** Goes before that of the configuration. */
  level: LogLevel | undefined;
  serviceManager: ServiceManagerPlan;
  /** Whether it logs to the console too. */
  foreground: boolean;
  /** Aborted when it is to stop. */
  until: AbortSignal | undefined;
}

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
 * @throws {ConfigError | HomeInUseError} when it cannot be run.
 */
export async function runAgent(
  { place, span, level, serviceManager, foreground, until }: RunPlan,
  { service, quiet = false, anyPort = false }: RunOptions = {},
): Promise<number> {
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
  const registry = new Registry(place.home, guard.refuse, agentLog(log.write).warning);
  const resolving = registry.resolve(loaded);
  const daemons = await Promise.race([
    resolving,
    systemClock.sleep(MODULES_WAIT).then(() => registry.resolveBuiltin(loaded)),
  ]);
  const warnings = [...home.problems, ...guard.warnings];
  const parts = { log, home, warnings, span, service, until };
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
