import { join } from "node:path";
import type { Agent } from "./agent.ts";
import { attempt, type Clock, errorMessage, isSameJson, type Problem } from "../base/mod.ts";
import { type Config, ConfigError, type LoadedConfig } from "../config/mod.ts";
import { signature } from "../thread/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import { DAEMONS_FOLDER, type RegisteredDaemon, type Registry } from "../registry/mod.ts";
import { diffPlans } from "../supervisor/mod.ts";

/** How often the files are checked, ms: a check is one call of the file system for each file. */
const LOOK_EVERY = 1_000;

/** How long a file must have been left alone before it is read, ms. */
const SETTLE = 200;

/** Where the files are that are followed. */
export interface WatchedFiles {
  /** The configuration file, absolute. */
  configFile: string;
  /** The home folder, absolute. */
  home: string;
}

/** A text that changes whenever the configuration file or the list of files in the folder of daemons does. */
export function lookAtFiles({ configFile, home }: WatchedFiles): string {
  return [signature([configFile]), listNames(join(home, DAEMONS_FOLDER))].join("\n");
}

/** What {@linkcode followChanges} works with. */
export interface ReloadParts extends WatchedFiles {
  /** Applies what has changed. */
  agent: Pick<Agent, "apply">;
  /** The configuration that the agent was started with. */
  config: Config;
  /** Its daemons, all modules probed: the agent may have been started before that was done. */
  daemons: Promise<readonly RegisteredDaemon[]>;
  /** Loads the configuration. */
  load: () => Promise<LoadedConfig>;
  /** Probes the modules. */
  registry: Pick<Registry, "resolve">;
  /** What {@linkcode lookAtFiles} returned before the configuration was read. */
  files: string;
  /** Where time comes from. */
  clock: Pick<Clock, "sleep">;
  /** Where records go. */
  log: WriteLog;
  /** Told that a changed configuration is refused, and why, in one line; undefined: the one in the file is in force. */
  onRefused?: (text: string | undefined) => void;
}

/** A configuration in force. */
export interface InForce {
  /** The configuration. */
  config: Config;
  /** Its daemons. */
  daemons: readonly RegisteredDaemon[];
}

/**
 * Applies the daemons that the agent was started with, and from then on each change of the configuration, the folder of
 * daemons and every module in use. Resolves when `signal` is aborted; never rejects.
 *
 * A wrong configuration is refused as a whole: its errors are logged, and the old one stays in force. Whatever else
 * fails is logged once and tried again at the next check.
 *
 * Files are compared by size and time of change, since notifications of the file system get lost on network drives and
 * differ between systems.
 */
export async function followChanges(parts: ReloadParts, signal: AbortSignal): Promise<void> {
  const follower = new Follower(parts, signal);
  let said: string | undefined;
  const attempt = async (step: () => Promise<void>) => {
    try {
      await step();
      said = undefined;
    } catch (error) {
      const message = errorMessage(error);
      if (signal.aborted || message === said) return;
      agentLog(parts.log).error(`A change cannot be applied: ${message}; it is tried again`);
      said = message;
    }
  };
  await attempt(() => follower.start());
  while (await slept(parts.clock, signal)) await attempt(() => follower.check());
}

/** False when the signal ended the sleep. */
function slept(clock: ReloadParts["clock"], signal: AbortSignal): Promise<boolean> {
  return clock.sleep(LOOK_EVERY, signal).then(() => true, () => false);
}

class Follower {
  readonly #parts: ReloadParts;
  readonly #signal: AbortSignal;
  #inForce: InForce;
  /** The files as they were when they were last applied or refused; undefined: they are to be applied. */
  #seen: string | undefined;
  /** Whether there was a configuration file when it was last read. */
  #hasFile: boolean;

  constructor(parts: ReloadParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#inForce = { config: parts.config, daemons: [] };
    this.#hasFile = attempt(() => Deno.statSync(parts.configFile).isFile, () => false);
  }

  async start(): Promise<void> {
    const { config, daemons, files } = this.#parts;
    await this.#apply({ config, daemons: await daemons }, files);
  }

  async check(): Promise<void> {
    if (this.#lookNow() === this.#seen) return;
    const settled = await this.#settle();
    const files = lookAtFiles(this.#parts);
    const reloaded = await this.#reload();
    if (this.#signal.aborted) return;
    if (reloaded) await this.#apply(reloaded, files);
    else this.#seen = settled;
  }

  /** @param files how the configuration and the folder were before they were read. */
  async #apply(inForce: InForce, files: string): Promise<void> {
    this.#seen = undefined;
    this.#inForce = inForce;
    await this.#parts.agent.apply(inForce.config, inForce.daemons);
    this.#seen = [files, ...inForce.daemons.map(({ version }) => version)].join("\n");
  }

  /** Waits until two looks in a row are equal, and returns what they saw. */
  async #settle(): Promise<string> {
    for (let before = this.#lookNow();;) {
      await this.#parts.clock.sleep(SETTLE, this.#signal);
      const now = this.#lookNow();
      if (now === before) return now;
      before = now;
    }
  }

  /** Changes whenever the configuration, the folder of daemons or a module in use does. */
  #lookNow(): string {
    const modules = this.#inForce.daemons.map(({ files }) => signature(files));
    return [lookAtFiles(this.#parts), ...modules].join("\n");
  }

  /** Returns what is to be in force; undefined when the configuration is refused. */
  async #reload(): Promise<InForce | undefined> {
    const { load, registry, log } = this.#parts;
    const before = this.#inForce;
    const loaded = await load().catch((error) => {
      if (error instanceof ConfigError) return error;
      throw error;
    });
    if (loaded instanceof ConfigError) return this.#refuse(loaded.message.split("\n"));
    const daemons = await registry.resolve(loaded);
    const faults = faultsOf(before.config, { config: loaded.config, daemons });
    if (faults.length > 0) return this.#refuse(faults.map(loaded.describe));
    const { info, warning } = agentLog(log);
    if (this.#hasFile && !loaded.exists) {
      warning(`There is no ${loaded.file} any more: the defaults are in force`);
    }
    this.#hasFile = loaded.exists;
    const changes = describeChanges(before.daemons, daemons);
    if (changes !== "") info(`The daemons have changed: ${changes}`);
    this.#parts.onRefused?.(undefined);
    const late = lateKeys(before.config, loaded.config);
    if (late.length > 0) warning(`Changes of ${late.join(", ")} count from the next start on`);
    return { config: { ...loaded.config, log: before.config.log }, daemons };
  }

  #refuse(lines: readonly string[]): undefined {
    const { error } = agentLog(this.#parts.log);
    error("The changed configuration is refused, and the old one stays in force:");
    for (const line of lines) error(line);
    this.#parts.onRefused?.(
      `The changed configuration is refused, and the old one stays in force: ${lines[0]}`,
    );
  }
}

function listNames(folder: string): string {
  const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name);
  return attempt(names, () => []).sort().join("/");
}

/**
 * The arguments that do not fit and whose entries are new or changed: these are faults of the configuration.
 * Where the entry has not changed, the module has, and that is its daemon's problem alone.
 */
export function faultsOf(before: Pick<Config, "daemons">, { config, daemons }: InForce): Problem[] {
  const entry = ({ daemons }: Pick<Config, "daemons">, name: string) => [
    daemons[name]?.module,
    daemons[name]?.arguments,
  ];
  return daemons.flatMap(({ name, faults }) =>
    isSameJson(entry(before, name), entry(config, name)) ? [] : faults
  );
}

/** Daemons that are new, gone or different, by name: `+new, -gone, changed`. */
export function describeChanges(
  before: readonly RegisteredDaemon[],
  after: readonly RegisteredDaemon[],
): string {
  const byName = (daemons: readonly RegisteredDaemon[]) =>
    new Map(daemons.map((daemon) => [daemon.name, daemon]));
  const { start, stop, restart } = diffPlans(byName(before), byName(after), isSameJson);
  return [
    ...start.map(({ name }) => `+${name}`),
    ...stop.map((name) => `-${name}`),
    ...restart.map(({ name }) => name),
  ].join(", ");
}

/** The keys whose changes a running agent applies. */
const LIVE_KEYS = new Set(["daemons", "threadPools", "$schema"]);

/** The other keys that have changed: they are read when the agent starts. */
function lateKeys(before: Config, after: Config): string[] {
  const keys = Object.keys(after) as (keyof Config)[];
  return keys.filter((key) => !LIVE_KEYS.has(key) && !isSameJson(before[key], after[key]));
}
