import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { builtinDaemons } from "../../daemons/mod.ts";
import { type Problem, suggest } from "../base/mod.ts";
import { unusualSchedule } from "../base/schedule.ts";
import type { DaemonConfig, LoadedConfig } from "../config/mod.ts";
import {
  type DaemonDescription,
  type DaemonPermissions,
  describeDefinition,
  readArguments,
  withDefaults,
} from "../daemon/mod.ts";
import { type ExaminedModule, examineModule, signature } from "../thread/mod.ts";
import type { ThreadPolicy } from "../supervisor/mod.ts";
import { DAEMONS_FOLDER, findModules, type FoundModules, hiddenModules } from "./discover.ts";
import { describePermissions, grantPermissions, refusePermissions } from "./grant.ts";
import { leaveToFirst } from "./overlap.ts";
import { type Probed, probeModule } from "./probe.ts";

/** A daemon of the configuration and what is known of its module. */
export interface RegisteredDaemon {
  /** The name under which it is registered. */
  name: string;
  /** Its module as configured or found; null for a built-in daemon. */
  module: string | null;
  /** Whether it is to run. */
  enabled: boolean;
  /** The URL of its module. */
  url: string;
  /** Its arguments as configured. */
  arguments: Record<string, unknown>;
  /** How its threads are supervised. */
  policy: ThreadPolicy;
  /** What it may do: what its module declares and the configuration grants. */
  permissions: DaemonPermissions;
  /** Its module's file and all that it imports, absolute; empty for a built-in daemon. */
  files: readonly string[];
  /** Changes whenever one of the files does. */
  version: string;
  /** What its module defines; absent when it is disabled or cannot be used. */
  description?: DaemonDescription;
  /** Arguments that do not fit, with the path in the configuration. */
  faults: readonly Problem[];
  /** What is not as it should be, although the daemon runs, a line each. */
  warnings: readonly string[];
  /** Why it cannot run, or not as configured, in one line. */
  problem?: string;
  /** Whether its problem is a time limit, which says nothing of the module: it is to be examined again. */
  isLate?: boolean;
  /** Whether its problem is that a file of it cannot be read now: it is to be examined again. */
  isUnread?: boolean;
  /** Whether it runs in spite of its problem; absent: as it was, where it runs already. */
  runs?: boolean;
}

/** How many modules are probed at a time: each probe is a worker. */
const PROBES = 4;

/** Why a module must not run, as a clause; undefined when it may. Given its file and all that it imports, absolute. */
export type RefuseModule = (files: readonly string[]) => string | undefined;

/** Knows the daemons that a configuration registers. It remembers the probes of modules that have not changed. */
export class Registry {
  readonly #home: string;
  readonly #refuse: RefuseModule;
  readonly #warn: (warning: string) => void;
  #probes = new Map<string, Promise<Probed>>();
  /** The probes that a time limit ended, and whose workers have ended since: they are made again. */
  readonly #over = new WeakSet<Promise<Probed>>();
  #warnings: readonly string[] = [];

  /**
   * @param home absolute.
   * @param refuse checks each module before it is loaded. Default: none is refused.
   * @param warn takes what is wrong with the folder of daemons, each line once. Default: it is dropped.
   */
  constructor(
    home: string,
    refuse: RefuseModule = () => undefined,
    warn: (warning: string) => void = () => {},
  ) {
    this.#home = home;
    this.#refuse = refuse;
    this.#warn = warn;
  }

  /** The built-in daemons of a configuration, which need no probe. */
  resolveBuiltin(
    { config, describe }: Pick<LoadedConfig, "config" | "describe">,
  ): RegisteredDaemon[] {
    const builtin = Object.entries(config.daemons).flatMap(([name, daemon]) =>
      this.#builtin(name, daemon, describe) ?? []
    );
    return leaveToFirst(builtin, describe);
  }

  /**
   * Probes the modules of a configuration's daemons. Never rejects for what is wrong with a module.
   *
   * @param again a daemon whose module is probed again if it had a problem. Default: none, if it has not changed.
   */
  async resolve(
    loaded: Pick<LoadedConfig, "config" | "describe">,
    again?: string,
  ): Promise<RegisteredDaemon[]> {
    const entries = Object.entries(loaded.config.daemons);
    const found = await this.#find(loaded.config);
    const probes = new Map<string, Promise<Probed>>();
    const resolved: RegisteredDaemon[] = new Array(entries.length);
    const waiting = entries.keys();
    const work = async () => {
      for (const index of waiting) {
        const [name, daemon] = entries[index]!;
        const parts = { ...loaded, found, probes, isAgain: name === again };
        resolved[index] = await this.#resolve(name, daemon, parts);
      }
    };
    await Promise.all(Array.from({ length: PROBES }, work));
    this.#probes = probes;
    return leaveToFirst(resolved, loaded.describe);
  }

  async #find({ daemons }: LoadedConfig["config"]): Promise<FoundModules> {
    const found = await findModules(this.#home);
    const hidden = hiddenModules(found.modules, daemons);
    const warnings = found.warning === undefined ? hidden : [found.warning, ...hidden];
    for (const line of warnings) if (!this.#warnings.includes(line)) this.#warn(line);
    this.#warnings = warnings;
    return found;
  }

  async #resolve(
    name: string,
    config: DaemonConfig,
    { describe, found, probes, isAgain }: ResolveParts,
  ): Promise<RegisteredDaemon> {
    const builtin = this.#builtin(name, config, describe);
    if (builtin) return builtin;
    // Of one name's modules the first counts.
    const own = found.modules.find((module) => module.name === name);
    const module = config.module ?? own?.module ?? `${DAEMONS_FOLDER}/${name}.js`;
    const plain = this.#unprobed(name, config, module, describe);
    if (!config.enabled) return plain;
    if (config.module === undefined && own?.problem !== undefined) {
      const files = [own.file];
      return { ...plain, files, version: signature(files), problem: own.problem };
    }
    if (config.module === undefined && !own) {
      return { ...plain, problem: describe(unknownDaemon(name, found)) };
    }
    const file = resolve(this.#home, module);
    const examined = await examineModule(file);
    const { files } = examined;
    const daemon = { ...plain, files, version: signature(files) };
    const refusal = this.#refuse(files);
    if (refusal !== undefined) return { ...daemon, problem: notSafe(name, refusal) };
    if (examined.isUnread) return { ...daemon, problem: examined.refusal!, isUnread: true };
    const key = JSON.stringify([file, daemon.version, config.arguments]);
    const before = this.#probes.get(key);
    const counts = before && !this.#over.has(before) && !(isAgain && await isRefusal(before));
    const probing = probes.get(key) ??
      (counts ? before : this.#probe(file, config.arguments, examined));
    probes.set(key, probing);
    const probed = await probing;
    if ("problem" in probed) {
      return { ...daemon, problem: probed.problem, ...(probed.ended && { isLate: true }) };
    }
    const { description, argumentProblems, argumentWarnings } = probed;
    const faults = inArguments(name, argumentProblems);
    if (faults.length > 0) {
      return { ...daemon, description, faults, problem: describe(faults[0]!) };
    }
    const said = inArguments(name, argumentWarnings).map(describe);
    const warnings = [...daemon.warnings, ...said];
    return this.#grant({ ...daemon, description, warnings }, config.permissions ?? {});
  }

  /** Probes a module; where a time limit ends that, the result counts until the worker has ended. */
  #probe(
    file: string,
    given: Record<string, unknown>,
    examined: ExaminedModule,
  ): Promise<Probed> {
    const probing = probeModule(file, given, { home: this.#home, examined });
    void probing.then(async (probed) => {
      if ("problem" in probed) await probed.ended?.then(() => this.#over.add(probing));
    });
    return probing;
  }

  #builtin(
    name: string,
    config: DaemonConfig,
    describe: LoadedConfig["describe"],
  ): RegisteredDaemon | undefined {
    const builtin = builtinDaemons.get(config.module ?? name);
    if (!builtin) return undefined;
    const description = describeDefinition(builtin.definition);
    const read = readArguments(builtin.definition.arguments ?? {}, config.arguments);
    const plain = this.#unprobed(name, config, null, describe);
    const warnings = [...plain.warnings, ...inArguments(name, read.warnings).map(describe)];
    return this.#grant(
      { ...plain, url: builtin.module, description, warnings },
      config.permissions,
    );
  }

  #unprobed(
    name: string,
    config: DaemonConfig,
    module: string | null,
    describe: LoadedConfig["describe"],
  ): RegisteredDaemon {
    const { enabled, restart, frozenAfter, memoryLimit, failedRetry, schedule, timeZone } = config;
    return {
      name,
      module,
      enabled,
      arguments: config.arguments,
      policy: {
        restart,
        frozenAfter,
        memoryLimit,
        failedRetry,
        ...(schedule !== undefined && { schedule: { pattern: schedule, timeZone } }),
      },
      url: module === null ? "" : pathToFileURL(resolve(this.#home, module)).href,
      permissions: {},
      files: [],
      version: "",
      faults: [],
      warnings: scheduleWarnings(name, config, module === null).map(describe),
    };
  }

  #grant(daemon: RegisteredDaemon, granted: DaemonPermissions | undefined): RegisteredDaemon {
    const { arguments: specs, permissions: declared } = daemon.description!;
    const values = withDefaults(specs, daemon.arguments);
    const { permissions, missing } = grantPermissions(declared, granted, {
      home: this.#home,
      arguments: values,
    });
    if (Object.keys(missing).length > 0) {
      return { ...daemon, permissions, problem: notGranted(missing, daemon.name) };
    }
    const problem = refusePermissions(permissions);
    return { ...daemon, permissions, ...(problem !== undefined && { problem }) };
  }
}

/** What {@linkcode Registry.resolve} knows of each daemon. */
interface ResolveParts extends Pick<LoadedConfig, "describe"> {
  found: FoundModules;
  /** The probes that are under way or have been made, by what they depend on. */
  probes: Map<string, Promise<Probed>>;
  /** Whether it is probed again if it had a problem. */
  isAgain: boolean;
}

/** Whether the module itself is why it cannot be used. */
async function isRefusal(probing: Promise<Probed>): Promise<boolean> {
  const probed = await probing;
  return "problem" in probed && probed.ended === undefined;
}

/** For an entry without a module, whose name is neither a built-in daemon's nor a module's in the folder. */
function unknownDaemon(name: string, { modules, warning }: FoundModules): Problem {
  const known = new Set([...builtinDaemons.keys(), ...modules.map((module) => module.name)]);
  const none = `no module ${name}.ts, .js or .mjs in ${DAEMONS_FOLDER}/`;
  return {
    path: ["daemons", name],
    value: undefined,
    fault: `no built-in daemon of this name, and ${none}${warning ? ` (${warning})` : ""}`,
    expected: `${suggest(name, [...known])}, or name a "module"`,
  };
}

/** Problems of a daemon's arguments, with their paths in the configuration. */
function inArguments(name: string, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => (
    { ...problem, path: ["daemons", name, "arguments", ...problem.path] }
  ));
}

/** What version 0.2.0 took and was of no use, or not documented. */
function scheduleWarnings(
  name: string,
  { schedule, timeZone }: DaemonConfig,
  isBuiltin: boolean,
): Problem[] {
  const said = (key: string, value: unknown, expected: string | undefined): Problem[] =>
    expected === undefined ? [] : [{ path: ["daemons", name, key], value, expected }];
  if (schedule === undefined) {
    return said("timeZone", timeZone, timeZone && 'expected "schedule" as well');
  }
  const expected = isBuiltin
    ? "expected none: a built-in daemon runs all the time, and is no job"
    : unusualSchedule(schedule);
  return said("schedule", schedule, expected);
}

function notSafe(name: string, refusal: string): string {
  return `Daemon '${name}' is not run, for others could change its code: ${refusal}; 'icinga-warden service install --fix-permissions' puts that right`;
}

function notGranted(missing: DaemonPermissions, name: string): string {
  return `it needs permissions that daemons.${name}.permissions does not grant: ${
    describePermissions(missing)
  }`;
}
