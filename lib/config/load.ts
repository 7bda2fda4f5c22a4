import type { Problem } from "../base/mod.ts";
import { type BuiltinArguments, checkConfig } from "./check.ts";
import { decodeText, readConfigFile } from "./file.ts";
import { ConfigError, type PlacedProblem } from "./problem.ts";
import { type Config, defaultConfig } from "./schema.ts";
import { readSource, readSyntax } from "./source.ts";

/** How to load a configuration. */
export interface LoadOptions {
  /** What the built-in daemons take. */
  builtin: BuiltinArguments;
  /** Whether a missing file is an error (`false`: the defaults are in force). */
  mustExist?: boolean;
}

/** A configuration that can be used, and where it is from. */
export interface LoadedConfig {
  config: Config;
  file: string;
  /** False when there is no such file: the configuration is the default. */
  exists: boolean;
  /** Says what is wrong with a value in it, in one line with its file and place. */
  describe(problem: Problem): string;
}

const MISSING: PlacedProblem = {
  path: [],
  value: undefined,
  fault: "does not exist",
  expected: "name a file that exists, or run 'icinga-warden config init'",
};

/** @throws {ConfigError} when there is no such file. */
export function requireConfigFile(file: string): void {
  try {
    Deno.statSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new ConfigError(file, [MISSING]);
  }
}

/**
 * Loads the configuration in `file`.
 *
 * @throws {ConfigError} with every problem, when the file cannot be read or says what cannot be used.
 */
export async function loadConfig(
  file: string,
  { builtin, mustExist = false }: LoadOptions,
): Promise<LoadedConfig> {
  const bytes = await readConfigFile(file);
  if (!bytes && mustExist) throw new ConfigError(file, [MISSING]);
  if (!bytes) return { config: defaultConfig(), file, exists: false, describe: inFile(file) };
  const text = decodeText(bytes);
  if (typeof text !== "string") throw new ConfigError(file, [text]);
  return { ...parseConfig(text, file, builtin), exists: true };
}

/**
 * Reads a configuration's text; `file` is the name it has in errors.
 *
 * @throws {ConfigError} with every problem, in the order of the text.
 */
export function parseConfig(
  text: string,
  file: string,
  builtin: BuiltinArguments,
): Omit<LoadedConfig, "exists"> {
  const tree = readSyntax(text);
  if (Array.isArray(tree)) throw new ConfigError(file, tree);
  const source = readSource(tree, text);
  const config = checkConfig(source.value, builtin);
  const wrong = Array.isArray(config) ? config.map(source.locate) : [];
  const problems = [...source.problems, ...wrong].sort(byPlace);
  if (Array.isArray(config) || problems.length > 0) throw new ConfigError(file, problems);
  return { config, file, describe: inFile(file, source.locate) };
}

function inFile(
  file: string,
  locate: (problem: Problem) => PlacedProblem = (problem) => problem,
): LoadedConfig["describe"] {
  return (problem) => new ConfigError(file, [locate(problem)]).message;
}

function byPlace(a: PlacedProblem, b: PlacedProblem): number {
  return a.line! - b.line! || a.column! - b.column!;
}
