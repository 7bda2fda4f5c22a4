import { resolve } from "node:path";
import { builtinDaemons } from "../../../daemons/mod.ts";
import type { AgentPaths } from "../../agent/home.ts";
import { type Problem, suggest } from "../../base/mod.ts";
import { checkModulePath, type DaemonConfig, type LoadedConfig } from "../../config/mod.ts";
import { readArguments } from "../../daemon/arguments.ts";
import { type DaemonDescription, describeDefinition } from "../../daemon/check.ts";
import type { DaemonPermissions } from "../../daemon/permissions.ts";
import { findModules, type FoundModule } from "../../registry/discover.ts";
import { probeModule } from "../../registry/probe.ts";
import { UsageError } from "../command.ts";

/** A daemon that a command is about. */
export interface Subject {
  /** The name under which it is registered, or is to be. */
  name: string;
  /** Its module as the configuration writes it; null: the built-in daemon `builtin`. */
  module: string | null;
  /** The built-in daemon that it is; undefined of a module in a file. */
  builtin?: string;
  /** The module's path, absolute; undefined of one that is built in. */
  file?: string;
  /** Why it cannot be looked at, in one line; absent when it can. */
  problem?: string;
  /** What the configuration says of it; undefined when it is not registered. */
  entry?: Omit<DaemonConfig, "permissions"> & { permissions?: DaemonPermissions | undefined };
}

/** What subjects are looked for in. */
export interface Known {
  place: AgentPaths;
  loaded: LoadedConfig;
  /** The modules in home's folder of daemons. */
  found: readonly FoundModule[];
  /** That there are more than are looked at. */
  warning?: string;
}

/** Lists what there is in a place. */
export async function listKnown(place: AgentPaths, loaded: LoadedConfig): Promise<Known> {
  const { modules: found, warning } = await findModules(place.home);
  return { place, loaded, found, ...(warning !== undefined && { warning }) };
}

/** Every daemon that is registered, ships with the program or lies in the folder of daemons, by name. */
export function allSubjects(known: Known): Subject[] {
  const names = new Set([
    ...Object.keys(known.loaded.config.daemons),
    ...builtinDaemons.keys(),
    ...known.found.filter(({ problem }) => problem === undefined).map(({ name }) => name),
  ]);
  return [...names].sort().map((name) => subjectOf(name, known));
}

/** An entry whose module is not there, or one of two, is a subject with a problem. */
function subjectOf(name: string, known: Known): Subject {
  try {
    return findSubject(name, known);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { name, module: "not found", problem: error.message };
  }
}

/**
 * Finds a daemon by its name.
 *
 * @param module its module as typed: the name of a daemon or a path; else that of its entry, of the built-in
 * daemon, or of the module that was found.
 * @throws {UsageError} when there is none, or it cannot be used.
 */
export function findSubject(name: string, known: Known, module?: string): Subject {
  const { place, loaded, found } = known;
  const entry = Object.hasOwn(loaded.config.daemons, name)
    ? loaded.config.daemons[name]
    : undefined;
  const typed = module ?? entry?.module ?? name;
  const rest = entry ? { name, entry } : { name };
  if (builtinDaemons.has(typed)) return { ...rest, module: null, builtin: typed };
  const candidate = found.find((other) => other.name === typed || other.module === typed);
  if (candidate?.problem !== undefined && candidate.module !== typed) {
    throw new UsageError(candidate.problem);
  }
  if (candidate) return { ...rest, module: candidate.module, file: candidate.file };
  if (/[\\/.]/.test(typed)) {
    const refusal = checkModulePath(typed);
    if (refusal) throw new UsageError(`Flag '--module' is '${typed}'; ${refusal}`);
    return { ...rest, module: typed, file: resolve(place.home, typed) };
  }
  const names = allNames(known);
  throw new UsageError(
    `No daemon '${typed}' is built in or lies in ${resolve(place.home, "daemons")}; ${
      suggest(typed, names)
    }`,
  );
}

function allNames({ loaded, found }: Known): string[] {
  const names = [
    ...Object.keys(loaded.config.daemons),
    ...builtinDaemons.keys(),
    ...found.map(({ name }) => name),
  ];
  return [...new Set(names)].sort();
}

/**
 * Looks at a daemon's module.
 *
 * @param given the arguments to hold against what it takes.
 * @throws {UsageError} one line that says why the module cannot be used.
 */
export async function lookAt(
  { builtin, file }: Subject,
  given: Record<string, unknown>,
): Promise<{ description: DaemonDescription; argumentProblems: Problem[] }> {
  if (builtin !== undefined) {
    const { definition } = builtinDaemons.get(builtin)!;
    const { problems } = readArguments(definition.arguments ?? {}, given);
    return { description: describeDefinition(definition), argumentProblems: problems };
  }
  const probed = await probeModule(file!, given);
  if ("problem" in probed) throw new UsageError(probed.problem);
  return probed;
}
