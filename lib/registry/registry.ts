import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { builtinDaemons } from "../../daemons/mod.ts";
import { withDefaults } from "../config/arguments.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { DaemonPermissions } from "../config/permissions.ts";
import type { Problem } from "../config/problem.ts";
import type { DaemonConfig } from "../config/schema.ts";
import type { ThreadPolicy } from "../supervisor/policy.ts";
import { type DaemonDescription, describeDefinition } from "../daemon/check.ts";
import { errorMessage, sanitize, suggest } from "../base/mod.ts";
import { DAEMONS_FOLDER, findModules, type FoundModule } from "./discover.ts";
import { describePermissions, grantPermissions } from "./grant.ts";
import { moduleFiles, signature } from "../daemon/imports.ts";
import { type Probed, probeModule } from "./probe.ts";

/** A daemon of the configuration and what was found out about its module. */
export interface RegisteredDaemon {
  /** The name under which it is registered. */
  name: string;
  /** Its module as configured, or as it was found; null for one that is built in. */
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
  /** Its module's file and all that it imports, absolute; none of one that is built in. */
  files: readonly string[];
  /** Changes whenever one of the files does. */
  version: string;
  /** What its module defines; absent of one that is disabled or cannot be used. */
  description?: DaemonDescription;
  /** Arguments that do not fit, with the path in the configuration. */
  faults: readonly Problem[];
  /** Why it cannot run, in one line. */
  problem?: string;
}

/** Four modules are looked at at a time: each look is a worker. */
const PROBES = 4;

/** Why a module is not to be run, as a clause; undefined when it may be. Its file and all that it imports, absolute. */
export type RefuseModule = (files: readonly string[]) => string | undefined;

/** Knows the daemons that a configuration registers. It remembers what it has seen of modules that are unchanged. */
export class Registry {
  readonly #home: string;
  readonly #refuse: RefuseModule;
  #seen = new Map<string, Promise<Probed>>();

  /**
   * @param home absolute.
   * @param refuse guards modules; none is refused unless told.
   */
  constructor(home: string, refuse: RefuseModule = () => undefined) {
    this.#home = home;
    this.#refuse = refuse;
  }

  /** The daemons of a configuration that are built in: there is no module to look at. */
  resolveBuiltin({ config }: Pick<LoadedConfig, "config">): RegisteredDaemon[] {
    return Object.entries(config.daemons).flatMap(([name, daemon]) =>
      this.#builtin(name, daemon) ?? []
    );
  }

  /** Looks at the modules of all daemons of a configuration. Never rejects for what is wrong with a module. */
  async resolve(loaded: Pick<LoadedConfig, "config" | "describe">): Promise<RegisteredDaemon[]> {
    const entries = Object.entries(loaded.config.daemons);
    const found = await this.#find();
    const seen = new Map<string, Promise<Probed>>();
    const resolved: RegisteredDaemon[] = new Array(entries.length);
    const waiting = entries.keys();
    const work = async () => {
      for (const index of waiting) {
        const [name, daemon] = entries[index]!;
        resolved[index] = await this.#resolve(name, daemon, found, seen, loaded);
      }
    };
    await Promise.all(Array.from({ length: PROBES }, work));
    this.#seen = seen;
    return resolved;
  }

  /** A folder that cannot be listed is one in which there is nothing to find. */
  async #find(): Promise<readonly FoundModule[] | string> {
    try {
      return await findModules(this.#home);
    } catch (error) {
      return errorMessage(error);
    }
  }

  async #resolve(
    name: string,
    config: DaemonConfig,
    found: readonly FoundModule[] | string,
    seen: Map<string, Promise<Probed>>,
    { describe }: Pick<LoadedConfig, "describe">,
  ): Promise<RegisteredDaemon> {
    const builtin = this.#builtin(name, config);
    if (builtin) return builtin;
    const own = typeof found === "string" ? undefined : found.find((found) => found.name === name);
    const module = config.module ?? own?.module ?? `${DAEMONS_FOLDER}/${name}.js`;
    const file = resolve(this.#home, module);
    const plain = this.#plain(name, config, module);
    if (!config.enabled) return plain;
    if (config.module === undefined && own?.problem !== undefined) {
      return { ...plain, problem: own.problem };
    }
    if (config.module === undefined && !own) {
      return { ...plain, problem: describe(unknownDaemon(name, found)) };
    }
    const files = await moduleFiles(file);
    const daemon = { ...plain, files, version: signature(files) };
    const refusal = this.#refuse(files);
    if (refusal !== undefined) return { ...daemon, problem: notSafe(name, refusal) };
    const key = JSON.stringify([file, daemon.version, config.arguments]);
    const probing = seen.get(key) ?? this.#seen.get(key) ?? probeModule(file, config.arguments);
    seen.set(key, probing);
    const probed = await probing;
    if ("problem" in probed) return { ...daemon, problem: probed.problem };
    const { description, argumentProblems } = probed;
    const faults = argumentProblems.map((problem) => (
      { ...problem, path: ["daemons", name, "arguments", ...problem.path] }
    ));
    if (faults.length > 0) {
      return { ...daemon, description, faults, problem: describe(faults[0]!) };
    }
    return this.#grant({ ...daemon, description }, config.permissions ?? {});
  }

  #builtin(name: string, config: DaemonConfig): RegisteredDaemon | undefined {
    const builtin = builtinDaemons.get(config.module ?? name);
    if (!builtin) return undefined;
    const description = describeDefinition(builtin.definition);
    return this.#grant(
      { ...this.#plain(name, config, null), url: builtin.module, description },
      config.permissions,
    );
  }

  #plain(name: string, config: DaemonConfig, module: string | null): RegisteredDaemon {
    const { restart, frozenAfter, memoryLimit, failedRetry } = config;
    return {
      ...{ name, module, enabled: config.enabled, arguments: config.arguments },
      policy: { restart, frozenAfter, memoryLimit, failedRetry },
      url: module === null ? "" : pathToFileURL(resolve(this.#home, module)).href,
      ...{ permissions: {}, files: [], version: "", faults: [] },
    };
  }

  #grant(daemon: RegisteredDaemon, granted: DaemonPermissions | undefined): RegisteredDaemon {
    const { arguments: specs, permissions: declared } = daemon.description!;
    const values = withDefaults(specs, daemon.arguments);
    const { permissions, missing } = grantPermissions(declared, granted, {
      home: this.#home,
      arguments: values,
    });
    if (Object.keys(missing).length === 0) return { ...daemon, permissions };
    return { ...daemon, permissions, problem: notGranted(daemon.name, missing) };
  }
}

/** Where neither a built-in daemon nor a module in home's folder bears the name, and the entry names none. */
function unknownDaemon(name: string, found: readonly FoundModule[] | string): Problem {
  const isListed = typeof found !== "string";
  const known = [...builtinDaemons.keys(), ...(isListed ? found.map(({ name }) => name) : [])];
  const none = isListed
    ? `no module ${name}.ts, .js or .mjs in ${DAEMONS_FOLDER}/`
    : `${DAEMONS_FOLDER}/ cannot be listed (${sanitize(found)})`;
  return {
    path: ["daemons", name],
    value: undefined,
    fault: `no built-in daemon of this name, and ${none}`,
    expected: `${suggest(name, [...new Set(known)])}, or name a "module"`,
  };
}

function notSafe(name: string, refusal: string): string {
  return `Daemon '${name}' is not run, for others could change its code: ${refusal}; 'icinga-warden service install --fix-permissions' puts that right`;
}

function notGranted(name: string, missing: DaemonPermissions): string {
  return `it needs permissions that daemons.${name}.permissions does not grant: ${
    describePermissions(missing)
  }`;
}
