import { join } from "node:path";
import type { Agent } from "./agent.ts";
import { type Clock, errorMessage, type Problem } from "./base/mod.ts";
import { type Config, ConfigError, type LoadedConfig } from "./config/mod.ts";
import { signature } from "./daemon/imports.ts";
import { agentLog, type WriteLog } from "./log/mod.ts";
import { DAEMONS_FOLDER } from "./registry/discover.ts";
import type { RegisteredDaemon, Registry } from "./registry/registry.ts";

/** How often the files are looked at, ms: a look is one call of the file system for each. */
export const LOOK_EVERY = 1_000;

/** How long a file must have been left alone before it is read, ms. */
export const SETTLE = 200;

/** What following changes works with. */
export interface ReloadParts {
  /** The agent to be given what has changed. */
  agent: Pick<Agent, "apply">;
  /** What the agent was started with. */
  inForce: InForce;
  /** Loads the configuration. */
  load: () => Promise<LoadedConfig>;
  /** Looks at the modules. */
  registry: Registry;
  /** The configuration file, absolute. */
  configFile: string;
  /** The home folder, absolute. */
  home: string;
  /** Where it takes its time from. */
  clock: Clock;
  /** Where records go. */
  log: WriteLog;
}

/** A configuration in force. */
export interface InForce {
  /** The configuration. */
  config: Config;
  /** Its daemons. */
  daemons: readonly RegisteredDaemon[];
}

/**
 * Looks at the configuration, the folder of daemons and every module in use, and applies what changes, until
 * `signal` is aborted; then it resolves. A configuration that became wrong is refused as a whole: its errors
 * are logged, and the old one stays in force.
 *
 * Files are looked at by their size and time of change, since notices of the file system get lost on network
 * drives and differ between systems.
 */
export async function followChanges(parts: ReloadParts, signal: AbortSignal): Promise<void> {
  const { clock } = parts;
  let { inForce } = parts;
  let seen = look(parts, inForce.daemons.map(({ version }) => version));
  try {
    for (;;) {
      await clock.sleep(LOOK_EVERY, signal);
      if (lookNow(parts, inForce) === seen) continue;
      const settled = await settle(parts, inForce, signal);
      const files = look(parts, []);
      const reloaded = await reload(parts, inForce);
      if (signal.aborted) return;
      if (!reloaded) {
        seen = settled;
        continue;
      }
      inForce = reloaded;
      seen = [files, ...inForce.daemons.map(({ version }) => version)].join("\n");
      await parts.agent.apply(inForce.config, inForce.daemons);
    }
  } catch (error) {
    if (!signal.aborted) agentLog(parts.log).error(`Changes are followed no longer: ${error}`);
  }
}

/** Waits until two looks in a row are equal, and returns what they saw. */
async function settle(parts: ReloadParts, inForce: InForce, signal: AbortSignal): Promise<string> {
  for (let before = lookNow(parts, inForce);;) {
    await parts.clock.sleep(SETTLE, signal);
    const now = lookNow(parts, inForce);
    if (now === before) return now;
    before = now;
  }
}

/** Changes whenever the configuration, the folder of daemons or a module in use does. */
function lookNow(parts: ReloadParts, { daemons }: InForce): string {
  return look(parts, daemons.map(({ files }) => signature(files)));
}

function look({ configFile, home }: ReloadParts, modules: string[]): string {
  return [signature([configFile]), ...listNames(join(home, DAEMONS_FOLDER)), ...modules].join("\n");
}

function listNames(folder: string): string[] {
  try {
    return [[...Deno.readDirSync(folder)].map(({ name }) => name).sort().join("/")];
  } catch {
    return [""];
  }
}

/** What is to be in force from now on; undefined when what was found is refused. */
async function reload(parts: ReloadParts, before: InForce): Promise<InForce | undefined> {
  const { error, info, warning } = agentLog(parts.log);
  try {
    const loaded = await parts.load();
    const daemons = await parts.registry.resolve(loaded);
    const faults = faultsOf(before.config, { config: loaded.config, daemons }).map(loaded.describe);
    if (faults.length > 0) return refuse(faults);
    const { added, removed, changed } = differences(before.daemons, daemons);
    const said = [...added.map(prefix("+")), ...removed.map(prefix("-")), ...changed].join(", ");
    if (said) info(`The daemons have changed: ${said}`);
    const late = lateKeys(before.config, loaded.config);
    if (late.length > 0) warning(`Changes of ${late.join(", ")} count from the next start on`);
    return { config: { ...loaded.config, log: before.config.log }, daemons };
  } catch (thrown) {
    const message = errorMessage(thrown);
    return refuse(thrown instanceof ConfigError ? message.split("\n") : [message]);
  }

  function refuse(lines: readonly string[]): undefined {
    error("The changed configuration is refused, and the old one stays in force:");
    for (const line of lines) error(line);
  }
}

/**
 * The arguments that do not fit and whose entries are new or changed: these are faults of the configuration.
 * Where the entry is as it was, it is the module that has changed, which is its daemon's problem alone.
 */
export function faultsOf(before: Pick<Config, "daemons">, { config, daemons }: InForce): Problem[] {
  const entry = ({ daemons }: Pick<Config, "daemons">, name: string) =>
    JSON.stringify([daemons[name]?.module, daemons[name]?.arguments]);
  return daemons.flatMap(({ name, faults }) =>
    entry(before, name) === entry(config, name) ? [] : faults
  );
}

const prefix = (sign: string) => (name: string) => `${sign}${name}`;

/** Which daemons are new, are gone, and are not as they were, by name. */
export function differences(
  before: readonly RegisteredDaemon[],
  after: readonly RegisteredDaemon[],
): { added: string[]; removed: string[]; changed: string[] } {
  const essence = (daemon: RegisteredDaemon) => JSON.stringify(daemon);
  const old = new Map(before.map((daemon) => [daemon.name, essence(daemon)]));
  const names = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    removed: [...old.keys()].filter((name) => !names.has(name)),
    changed: after
      .filter((daemon) => old.has(daemon.name) && old.get(daemon.name) !== essence(daemon))
      .map(({ name }) => name),
  };
}

/** The keys that a running agent takes over. */
const LIVE_KEYS = new Set(["daemons", "threadPools", "$schema"]);

/** The other keys that are not as they were: what they say was used when the agent started. */
function lateKeys(before: Config, after: Config): string[] {
  const keys = Object.keys(after).filter((key) => !LIVE_KEYS.has(key));
  return keys.filter((key) => {
    const [a, b] = [before, after].map((config) => JSON.stringify(config[key as keyof Config]));
    return a !== b;
  });
}
