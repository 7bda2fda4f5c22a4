import { resolve } from "node:path";
import { builtinDaemons } from "../../../daemons/mod.ts";
import type { AgentPaths } from "../../agent/mod.ts";
import { excerpt, suggest } from "../../base/mod.ts";
import { checkModulePath, type DaemonConfig, type LoadedConfig } from "../../config/mod.ts";
import {
  type DaemonDescription,
  type DaemonPermissions,
  describeDefinition,
  readArguments,
  refuseDaemonName,
  withDefaults,
} from "../../daemon/mod.ts";
import {
  describePermissions,
  findModules,
  type FoundModules,
  type Grant,
  grantPermissions,
  type Probed,
  probeModule,
} from "../../registry/mod.ts";
import { type FlagSpecs, type Invocation, UsageError } from "../command.ts";
import { printError } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";

/** Flags that several actions of `icinga-warden daemon` take. */
export const DAEMON_FLAGS = {
  for: {
    value: "DURATION",
    help: "daemon test: how long it runs, simulated (default: 60s); daemon run: stop after this",
  },
  grant: { help: "daemon register, test, run: grant the permissions that the module declares" },
} as const satisfies FlagSpecs;

/** A daemon that a command is about. */
export interface Subject {
  /** The name under which it is registered, or is to be. */
  name: string;
  /** Its module as the configuration writes it; null: the built-in daemon `builtin`. */
  module: string | null;
  /** The name of the built-in daemon; absent for a module in a file. */
  builtin?: string;
  /** The module's path, absolute; absent for a built-in daemon. */
  file?: string;
  /** Why it cannot be examined, in one line. */
  problem?: string;
  /** Its entry in the configuration; absent when it is not registered. */
  entry?: Omit<DaemonConfig, "permissions"> & { permissions?: DaemonPermissions | undefined };
}

/** The daemons that a command can be about. */
export interface Known extends FoundModules {
  paths: AgentPaths;
  loaded: LoadedConfig;
}

/**
 * Reads the configuration and lists the modules in home.
 *
 * @throws {ConfigError} when the configuration cannot be used.
 */
export async function findKnown(invocation: Invocation): Promise<Known> {
  const paths = findPaths(invocation);
  const loaded = await loadAgentConfig(paths);
  return { paths, loaded, ...await findModules(paths.home) };
}

/** Every daemon that is registered, built in, or in the folder of daemons, by name. */
export function allSubjects(known: Known): Subject[] {
  const usable = known.modules.filter(({ problem }) => problem === undefined);
  return allNames({ ...known, modules: usable }).map((name) => {
    try {
      return findSubject(name, known);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { name, module: "not found", problem: error.message };
    }
  });
}

/** @throws {UsageError} when no daemon can have the name. */
export function requireDaemonName(name: string): void {
  const refusal = refuseDaemonName(name);
  if (refusal === undefined) return;
  throw new UsageError(`'${excerpt(name)}' is not a valid name for a daemon; ${refusal}`);
}

/**
 * Finds a daemon by its name.
 *
 * @param module its module as typed: the name of a daemon or a path. Default: that of its entry, the built-in daemon,
 * or the module in the folder of daemons.
 * @throws {UsageError} when there is none, or it cannot be used.
 */
export function findSubject(name: string, known: Known, module?: string): Subject {
  const { paths, loaded, modules } = known;
  const { daemons } = loaded.config;
  const entry = Object.hasOwn(daemons, name) ? daemons[name] : undefined;
  const wanted = module ?? entry?.module ?? name;
  const registered = entry ? { name, entry } : { name };
  if (builtinDaemons.has(wanted)) return { ...registered, module: null, builtin: wanted };
  const found = modules.find((other) => other.name === wanted || other.module === wanted);
  if (found?.problem !== undefined && found.module !== wanted) throw new UsageError(found.problem);
  if (found) return { ...registered, module: found.module, file: found.file };
  if (/[\\/.]/.test(wanted)) {
    const refusal = checkModulePath(wanted);
    if (refusal && module === undefined) requireDaemonName(wanted);
    if (refusal) throw new UsageError(`Flag '--module' is '${excerpt(wanted)}'; ${refusal}`);
    return { ...registered, module: wanted, file: resolve(paths.home, wanted) };
  }
  throw new UsageError(
    `No daemon '${excerpt(wanted)}' is built in or lies in ${resolve(paths.home, "daemons")}; ${
      suggest(wanted, allNames(known))
    }`,
  );
}

/** As {@linkcode findSubject}; prints a warning where a module of home has the name of the built-in daemon that it is. */
export function chooseSubject(...args: Parameters<typeof findSubject>): Subject {
  const subject = findSubject(...args);
  const [, { modules }] = args;
  for (const { name, problem } of modules) {
    if (name === subject.builtin && problem !== undefined) printError(`Warning: ${problem}`);
  }
  return subject;
}

function allNames({ loaded, modules }: Known): string[] {
  const names = [
    ...Object.keys(loaded.config.daemons),
    ...builtinDaemons.keys(),
    ...modules.map(({ name }) => name),
  ];
  return [...new Set(names)].sort();
}

/** What a daemon's module defines, and what is to be said of its arguments. */
export type Examined = Exclude<Probed, { problem: string }>;

/**
 * Loads a daemon's module and checks arguments.
 *
 * @throws {UsageError} one line that says why the module cannot be used.
 */
export async function examine(
  { builtin, file }: Subject,
  given: Record<string, unknown>,
  home: string,
): Promise<Examined> {
  if (builtin !== undefined) {
    const { definition } = builtinDaemons.get(builtin)!;
    const read = readArguments(definition.arguments ?? {}, given);
    return {
      description: describeDefinition(definition),
      argumentProblems: read.problems,
      argumentWarnings: read.warnings,
    };
  }
  const probed = await probeModule(file!, given, { home });
  if ("problem" in probed) throw new UsageError(probed.problem);
  return probed;
}

/** Where a daemon comes from, for people. */
export function origin({ module, builtin, name }: Subject): string {
  if (module !== null) return module;
  return builtin === name || builtin === undefined ? "built in" : `built in (${builtin})`;
}

/** Which of the permissions that a daemon declares the configuration grants. */
export function grantOf(
  { entry, builtin }: Subject,
  { arguments: specs, permissions }: DaemonDescription,
  home: string,
  given: Record<string, unknown> = entry?.arguments ?? {},
): Grant {
  const granted = entry?.permissions ?? (builtin !== undefined ? undefined : {});
  return grantPermissions(permissions, granted, { home, arguments: withDefaults(specs, given) });
}

/** Which permissions are missing and how to grant them; none when all are granted. */
export function describeMissing({ name }: Subject, { missing }: Grant): string[] {
  if (Object.keys(missing).length === 0) return [];
  return [
    `not granted: ${
      describePermissions(missing)
    }; it does not run until they are: icinga-warden daemon register ${name} --grant`,
  ];
}
