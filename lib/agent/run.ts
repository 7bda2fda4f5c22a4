import { join } from "node:path";
import { Agent } from "./agent.ts";
import { attempt, growingWait, systemClock, within } from "../base/mod.ts";
import {
  type Config,
  ConfigError,
  type ControlConfig,
  defaultConfig,
  type LoadedConfig,
} from "../config/mod.ts";
import type { TokenKind } from "../control/mod.ts";
import type { ReportTrouble } from "../daemon/mod.ts";
import { agentLog, type Log, type LogLevel } from "../log/mod.ts";
import { openLog } from "../log/open.ts";
import { Registry } from "../registry/mod.ts";
import { followChanges, type Following, lookAtFiles } from "./reload.ts";
import type { ServiceManagerPlan } from "../service/mod.ts";
import {
  type EventLog,
  explainShortStop,
  type NativeService,
  openEventLog,
  serviceStateReader,
  windowsHost,
} from "../windows/mod.ts";
import { watchRestartHolds } from "./restart_holds.ts";
import { guardFiles } from "./file_guard.ts";
import { watchIcinga } from "./icinga.ts";
import { type AgentPaths, type Claim, claimHome, HomeInUseError } from "./home.ts";
import { watchClocks } from "./clocks.ts";
import { watchHandles } from "./handles.ts";
import { lookAtServices } from "./service_look.ts";
import { onUncaught, runUntilStopped } from "./stop.ts";
import { Troubles } from "./troubles.ts";

/** The longest wait of the built-in daemons for modules that load slowly, ms. */
const MODULES_WAIT = 500;

/** How long the event log may take for the last events, ms. */
const LAST_EVENTS = 500;

/** What the command line defines of a run. */
export interface RunPlan {
  paths: AgentPaths;
  /** Reads the configuration; throws {@linkcode ConfigError} when it cannot be used. */
  load: () => Promise<LoadedConfig>;
  /** The time after which the agent stops, ms; undefined: never. */
  span: number | undefined;
  /** Overrides the level of the configuration. */
  level: LogLevel | undefined;
  serviceManager: ServiceManagerPlan;
  /** Whether a person runs it: it logs to the console too. */
  foreground: boolean;
  /** Whether that log has colours. */
  colours: boolean;
  /** Called with a line when the log cannot be written. */
  complain: (text: string) => void;
  /** Aborted when the agent has to stop. */
  until: AbortSignal | undefined;
}

/** Options of a run that the command line does not have. */
export interface AgentOptions {
  /** The process as a Windows service; undefined where the service control manager did not start it. */
  service?: NativeService | undefined;
  /** Whether nothing goes to the console, even with `--foreground`. Default: false. */
  quiet?: boolean;
  /** Whether commands are served on any free port, not on the configured one. Default: false. */
  anyPort?: boolean;
}

/**
 * Runs an agent until its end.
 *
 * @throws {ConfigError | HomeInUseError} when it cannot be run.
 */
export async function runAgent(
  plan: RunPlan,
  { service, quiet = false, anyPort = false }: AgentOptions = {},
): Promise<void> {
  const { paths, span, level, serviceManager, foreground, until } = plan;
  const own = paths.files ?? paths.home;
  const load = async () => {
    const loaded = await plan.load();
    loaded.config.log.level = level ?? loaded.config.log.level;
    if (anyPort) loaded.config.control.listen = { hostname: "127.0.0.1", port: 0 };
    return loaded;
  };
  const troubles = new Troubles();
  const events = service && openEventLog((text) => troubles.report("event_log", text));
  // Before they are read: a change from now on is seen by the first check.
  const files = lookAtFiles(paths);
  const loaded = await readConfig(load, plan, events);
  const { config } = loaded;
  const log = open({ ...plan, foreground: foreground && !quiet }, config, events, troubles);
  const home = claim(own, log, foreground, troubles);
  const guard = guardFiles(paths, {
    isService: service !== undefined,
    allowUnsafeHome: config.allowUnsafeHome,
    trustedWriters: config.trustedWriters,
  });
  const registry = new Registry(paths.home, guard.refuse, agentLog(log.write).warning);
  const resolving = registry.resolve(loaded);
  const daemons = await within(resolving, {
    ms: MODULES_WAIT,
    late: () => registry.resolveBuiltin(loaded),
  });
  const badEnd = home.badEnd === undefined ? [] : [home.badEnd];
  const warnings = [...badEnd, ...hintOf(home), ...guard.warnings];
  const parts = { log, home, warnings, span, service, until };
  await runUntilStopped(parts, (signal) => {
    const agent = new Agent({
      config,
      daemons,
      home: paths.home,
      files: own,
      serviceManager: { ...config.serviceManager, ...serviceManager },
      log: log.write,
      mode: service ? "service" : foreground ? "foreground" : "background",
      lastEnd: home.lastEnd,
      troubles,
    });
    const reload = { agent, config, daemons: resolving, load, registry, files, clock: systemClock };
    const report: ReportTrouble = (kind, text) => {
      troubles.report(kind, text);
      if (kind === "commands") home.unserved(text);
    };
    void keepClaim(home, signal);
    watchHost({ agent, log, troubles, isWindows: serviceManager.kind === "windows" }, signal);
    const onRefused = (text?: string) => troubles.report("configuration", text);
    const following = followChanges({ ...reload, ...paths, log: log.write, onRefused }, signal);
    const serve = { agent, renew: following.renew, home: own, config: config.control };
    return { agent, served: serveAgent(serve, log, report) };
  });
  if (events) await within(events.close(), { ms: LAST_EVENTS });
}

/** What {@linkcode watchHost} needs. */
interface HostWatches {
  agent: Agent;
  log: Log;
  troubles: Troubles;
  isWindows: boolean;
}

/** Starts everything that watches Icinga 2, services, clocks and handles until `signal` is aborted. */
function watchHost({ agent, log, troubles, isWindows }: HostWatches, signal: AbortSignal): void {
  const clock = systemClock;
  void watchIcinga({ agent, log: log.write, clock }, signal);
  if (isWindows) {
    const alsoLook = lookAtServices(agent, clock, {
      stateOf: serviceStateReader(),
      startTypeOf: (service) => windowsHost.database.find(service)?.start,
    });
    void watchRestartHolds({ agent, clock, alsoLook }, signal);
  }
  void watchClocks(agentLog(log.write).warning, clock, signal);
  void watchHandles((text) => troubles.report("handles", text), clock, signal);
}

/** How long a stop may take, ms. */
const LONGEST_STOP = 12_000;

/** Why the last stop was cut short, when NSSM's settings explain it. */
function hintOf({ wasCutShort }: Claim): string[] {
  if (!wasCutShort || Deno.build.os !== "windows") return [];
  const explain = () => explainShortStop(Deno.execPath(), LONGEST_STOP, windowsHost);
  return [attempt(explain, () => undefined) ?? []].flat();
}

/** Time between two checks of the lock, ms. */
const LOCK_LOOK = 5_000;

/**
 * Locks home and records the run as soon as that is possible, when it failed at the start; locks it again when the
 * lock's file was removed.
 */
async function keepClaim(home: Claim, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const wait = home.retry() ? LOCK_LOOK : growingWait(failures++);
    if (wait === LOCK_LOOK) failures = 0;
    await systemClock.sleep(wait, signal).catch(() => {});
  }
}

/** Logs why a service cannot run, a record for each line; the configuration is not read. */
export function logFatal(
  plan: RunPlan,
  message: string,
  events: EventLog | undefined,
): void {
  const log = open(plan, defaultConfig(), events);
  for (const line of message.split("\n")) agentLog(log.write).fatal(line);
  log.close();
}

/** A configuration that cannot be used is reported on the console and, for a service, in its log. */
async function readConfig(
  load: () => Promise<LoadedConfig>,
  plan: RunPlan,
  events: EventLog | undefined,
): Promise<LoadedConfig> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof ConfigError && !plan.foreground) logFatal(plan, error.message, events);
    throw error;
  }
}

function open(
  { paths: { home, files = home }, foreground, colours, complain }: RunPlan,
  { log: { level, maxSize, keep } }: Config,
  events: EventLog | undefined,
  troubles = new Troubles(),
): Log {
  let isSaid = false;
  const log = openLog({
    level,
    file: { path: join(files, "logs", "icinga-warden.log"), maxSize, keep },
    console: foreground ? (colours ? "colour" : "plain") : undefined,
    onTrouble: (trouble) => {
      if (trouble !== undefined && !isSaid) complain(trouble);
      isSaid = trouble !== undefined;
      troubles.report("log", trouble);
    },
  });
  if (events) log.listen(events.write);
  troubles.logTo(log.write);
  return log;
}

/**
 * Claims home for this process. From then on an uncaught error is logged and recorded before the process ends.
 *
 * @throws {HomeInUseError} when another agent runs there; without a console that is logged too.
 */
function claim(
  home: string,
  log: Log,
  foreground: boolean,
  { report }: Troubles,
): Claim {
  const { fatal, warning } = agentLog(log.write);
  try {
    const claim = claimHome(home, report);
    onUncaught((reason) => {
      fatal(`The agent has failed: ${reason}`);
      claim.release(reason);
      log.close();
      Deno.exit(1);
    }, warning);
    return claim;
  } catch (error) {
    if (error instanceof HomeInUseError && !foreground) fatal(error.message);
    log.close();
    throw error;
  }
}

/** What {@linkcode serveAgent} serves. */
interface ServedAgent {
  agent: Agent;
  /** See {@linkcode Following.renew}. */
  renew: Following["renew"];
  home: string;
  config: ControlConfig;
}

/** Serves a running agent to commands, the page and Prometheus until the agent is done. Never rejects. */
async function serveAgent(
  { agent, renew, home, config }: ServedAgent,
  log: Log,
  report: ReportTrouble,
): Promise<void> {
  const { startControl } = await import("../control/mod.ts");
  const { state } = agent;
  const close = await startControl({
    agent: {
      pause: (...given) => agent.pause(...given),
      resume: (service) => agent.resume(service),
      restartDaemon: async (name) => {
        if (!await renew(name)) await agent.restartDaemon(name);
      },
    },
    home,
    config,
    log,
    report,
    state,
    clock: systemClock,
    protect,
    watch: (listener) =>
      state.onChange(({ path, key, value }) => listener({ map: path, key, value })),
  });
  await agent.done;
  await close();
}

/** On Windows a file's mode says nothing: its access list does. */
async function protect(path: string, kind: TokenKind): Promise<void> {
  if (Deno.build.os !== "windows") return;
  const { makePrivate } = await import("../windows/mod.ts");
  makePrivate(path, kind === "monitor" ? ["network service", "local service"] : []);
}
