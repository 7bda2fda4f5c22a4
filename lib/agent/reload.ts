import { join } from "node:path";
import type { Agent } from "./agent.ts";
import {
  attempt,
  type Clock,
  errorMessage,
  growingWait,
  isSameJson,
  type Problem,
} from "../base/mod.ts";
import { type Config, ConfigError, type LoadedConfig } from "../config/mod.ts";
import { signature } from "../thread/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";
import { DAEMONS_FOLDER, type RegisteredDaemon, type Registry } from "../registry/mod.ts";
import { diffPlans } from "../supervisor/mod.ts";

/** How often the files are checked, ms: a check is one call of the file system for each file. */
const LOOK_EVERY = 1_000;

/** The longest wait until a module that was not examined in time is examined again, ms. */
const LONGEST_RETRY = 300_000;

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

/** What {@linkcode followChanges} does. */
export interface Following {
  /** Resolves when it has ended; never rejects. */
  done: Promise<void>;
  /**
   * Applies what has changed before a daemon is restarted; if the daemon has a problem, its module is examined again.
   *
   * @returns whether that has started it anew, so that there is nothing more to do.
   */
  renew(name: string): Promise<boolean>;
}

/**
 * Applies the daemons that the agent was started with, and from then on each change of the configuration, the folder of
 * daemons and every module in use, until `signal` is aborted. A module that was not examined in time, or could not be
 * read, is examined again after 10 s, 20 s and so on, 5 min at most.
 *
 * A wrong configuration is refused as a whole: its errors are logged, and the old one stays in force. A configuration
 * that cannot be read, and whatever else fails, is logged once and tried again at the next check.
 *
 * Files are compared by size and time of change, since notifications of the file system get lost on network drives and
 * differ between systems.
 */
export function followChanges(parts: ReloadParts, signal: AbortSignal): Following {
  const follower = new Follower(parts, signal);
  return {
    done: keepLooking(follower, parts, signal),
    renew: (name) => follower.renew(name),
  };
}

async function keepLooking(
  follower: Follower,
  { clock, log }: ReloadParts,
  signal: AbortSignal,
): Promise<void> {
  let said: string | undefined;
  const attempt = async (step: () => Promise<void>) => {
    try {
      await step();
      said = undefined;
    } catch (error) {
      const message = errorMessage(error);
      if (signal.aborted || message === said) return;
      agentLog(log).error(`A change cannot be applied: ${message}; it is tried again`);
      said = message;
    }
  };
  await attempt(() => follower.start());
  while (await slept(clock, signal)) await attempt(() => follower.look());
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
  /** Whether the configuration in the file is refused. */
  #isRefused = false;
  /** Why the file could not be read at the last look, so that the next look tries again; undefined: it could. */
  #unread: string | undefined;
  /** Looks until modules that were late, or could not be read, are examined again, and how often that was done. */
  #retry = { looks: Infinity, done: 0 };
  /** What is under way: one thing at a time is read and applied. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ReloadParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#inForce = { config: parts.config, daemons: [] };
    this.#hasFile = attempt(() => Deno.statSync(parts.configFile).isFile, () => false);
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      const { config, daemons, files } = this.#parts;
      await this.#apply({ config, daemons: await daemons }, files);
    });
  }

  /** One of the looks that follow each other. */
  look(): Promise<void> {
    this.#retry.looks--;
    return this.#inTurn(() => this.#check());
  }

  /** See {@linkcode Following.renew}. A built-in daemon waits for no module. */
  async renew(name: string): Promise<boolean> {
    if (this.#find(name)?.module === null) return false;
    return await this.#inTurn(async () => {
      const before = usableVersion(this.#find(name));
      await this.#check(name);
      const after = usableVersion(this.#find(name));
      return after !== undefined && after !== before;
    });
  }

  #find(name: string): RegisteredDaemon | undefined {
    return this.#inForce.daemons.find((daemon) => daemon.name === name);
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** @param again a daemon whose module is examined again if it cannot be used. */
  async #check(again?: string): Promise<void> {
    const isWanted = again !== undefined && this.#find(again)?.problem !== undefined;
    const isDue = (isWanted || this.#retry.looks <= 0) && !this.#isRefused;
    const isChanged = this.#lookNow() !== this.#seen;
    if (!isChanged && !isDue) return;
    const settled = isChanged ? await this.#settle() : this.#seen;
    const files = lookAtFiles(this.#parts);
    const reloaded = await this.#reload(again);
    if (this.#signal.aborted) return;
    if (reloaded) await this.#apply(reloaded, files);
    else this.#seen = this.#unread === undefined ? settled : undefined;
  }

  /** @param files how the configuration and the folder were before they were read. */
  async #apply(inForce: InForce, files: string): Promise<void> {
    this.#seen = undefined;
    this.#inForce = inForce;
    await this.#parts.agent.apply(inForce.config, inForce.daemons);
    this.#seen = [files, ...inForce.daemons.map(({ version }) => version)].join("\n");
    this.#planRetry(inForce.daemons.some(({ isLate, isUnread }) => isLate || isUnread));
  }

  #planRetry(isWanted: boolean): void {
    const { done } = this.#retry;
    const wait = Math.min(LONGEST_RETRY, 10 * growingWait(done));
    this.#retry = isWanted
      ? { looks: wait / LOOK_EVERY, done: done + 1 }
      : { looks: Infinity, done: 0 };
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
  async #reload(again: string | undefined): Promise<InForce | undefined> {
    const { load, registry, log } = this.#parts;
    const before = this.#inForce;
    const loaded = await load().catch((error) => {
      if (error instanceof ConfigError) return error;
      throw error;
    });
    if (loaded instanceof ConfigError) {
      return this.#refuse(loaded.message.split("\n"), loaded.isUnread);
    }
    const daemons = await registry.resolve(loaded, again);
    const faults = faultsOf(before.config, { config: loaded.config, daemons });
    if (faults.length > 0) return this.#refuse(faults.map(loaded.describe));
    const { info, warning } = agentLog(log);
    if (this.#hasFile && !loaded.exists) {
      warning(`There is no ${loaded.file} any more: the defaults are in force`);
    }
    this.#hasFile = loaded.exists;
    const changes = describeChanges(before.daemons, daemons);
    if (changes !== "") {
      info(`The daemons have changed: ${changes}`);
      this.#retry.done = 0;
    }
    this.#isRefused = false;
    this.#unread = undefined;
    this.#parts.onRefused?.(undefined);
    const late = lateKeys(before.config, loaded.config);
    if (late.length > 0) warning(`Changes of ${late.join(", ")} count from the next start on`);
    return { config: { ...loaded.config, log: before.config.log }, daemons };
  }

  #refuse(lines: readonly string[], isUnread = false): undefined {
    const text = `The changed configuration is refused, and the old one stays in force: ${
      lines[0]
    }`;
    const isSaid = isUnread && text === this.#unread;
    this.#isRefused = true;
    this.#unread = isUnread ? text : undefined;
    if (isSaid) return;
    const { error } = agentLog(this.#parts.log);
    error("The changed configuration is refused, and the old one stays in force:");
    for (const line of lines) error(line);
    this.#parts.onRefused?.(text);
  }
}

/** The version of a daemon that is to run and can; undefined of any other. */
function usableVersion(daemon: RegisteredDaemon | undefined): string | undefined {
  return daemon?.enabled && daemon.problem === undefined ? daemon.version : undefined;
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
