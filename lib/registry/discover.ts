import { join } from "node:path";
import { builtinDaemons } from "../../daemons/mod.ts";
import { FileError } from "../base/mod.ts";
import type { DaemonConfig } from "../config/mod.ts";
import { nameOfFile, refuseFileName } from "../daemon/mod.ts";
import { refuseModuleFile } from "../thread/mod.ts";

/** The folder in home whose modules are found without an entry that names them. */
export const DAEMONS_FOLDER = "daemons";

/** The largest number of modules of the folder that are read. */
const MAX_MODULES = 1_000;

/** A module in home's folder of daemons. */
export interface FoundModule {
  /** The daemon's name: the file's without its extension. */
  name: string;
  /** Its path, absolute. */
  file: string;
  /** Its path as the configuration writes it: `daemons/disk_watch.js`. */
  module: string;
  /** Why it cannot be used by its name, in one line that begins with the file. */
  problem?: string;
}

/** The content of home's folder of daemons. */
export interface FoundModules {
  /** Sorted by name; empty where there is no such folder. */
  modules: FoundModule[];
  /** A warning, in one line: it cannot be listed, or holds more modules than are read. */
  warning?: string;
}

/** Lists the modules in home's folder of daemons: the first 1,000 by name. */
export async function findModules(home: string): Promise<FoundModules> {
  const folder = join(home, DAEMONS_FOLDER);
  let files: string[];
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    files = moduleNames(entries).sort();
  } catch (error) {
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    return {
      modules: [],
      ...(!isNone && { warning: new FileError("list", folder, error).message }),
    };
  }
  const looked = files.slice(0, MAX_MODULES);
  const namesakes = Map.groupBy(looked, foldName);
  const modules = looked.map((file) => describeFile(folder, file, namesakes.get(foldName(file))!));
  if (files.length === looked.length) return { modules };
  const warning =
    `${folder} holds ${files.length} modules; only the first ${MAX_MODULES} by name are used`;
  return { modules, warning };
}

/**
 * Warnings, a line each, of modules that do not run because a built-in daemon has their name.
 *
 * @param entries the daemons of the configuration: one that names a module runs it.
 */
export function hiddenModules(
  modules: readonly FoundModule[],
  entries: Readonly<Record<string, Pick<DaemonConfig, "module">>>,
): string[] {
  const named = new Set(Object.values(entries).map(({ module }) => module));
  const hidden = modules.filter(({ name, module }) =>
    builtinDaemons.has(name) && !named.has(module)
  );
  return hidden.flatMap(({ problem = [] }) => problem);
}

/** The names of modules; a folder's only where no file has that daemon's name. */
function moduleNames(entries: readonly Deno.DirEntry[]): string[] {
  const modules = entries.filter(({ name }) => isModule(name));
  const { file = [], folder = [] } = Object.groupBy(
    modules,
    ({ isDirectory }) => isDirectory ? "folder" : "file",
  );
  const taken = new Set(file.map(({ name }) => foldName(name)));
  const alone = folder.filter(({ name }) => !taken.has(foldName(name)));
  return [...file, ...alone].map(({ name }) => name);
}

/**
 * Whether a file in the folder of daemons is a daemon's module. Not: tests (`x.test.js`), types (`x.d.ts`), and
 * files that begin with `_` or `.`.
 */
export function isModule(file: string): boolean {
  return /\.(?:ts|js|mjs)$/.test(file) && !/\.(?:test|d)\.\w+$/.test(file) && !/^[._]/.test(file);
}

function describeFile(folder: string, name: string, namesakes: readonly string[]): FoundModule {
  const file = join(folder, name);
  const found = { name: nameOfFile(name), file, module: `${DAEMONS_FOLDER}/${name}` };
  const why = refuseFileName(name) ?? refuseBuiltin(name) ?? refuseNamesakes(name, namesakes) ??
    refuseModuleFile(file);
  return why === undefined ? found : { ...found, problem: `${file}: ${why}` };
}

function refuseBuiltin(file: string): string | undefined {
  if (!builtinDaemons.has(nameOfFile(file))) return undefined;
  return "has the name of a built-in daemon, which comes first; rename the file and its daemon";
}

/** Windows ignores case in file names, so a daemon's name must be unique in any case. */
function foldName(file: string): string {
  return nameOfFile(file).toLowerCase();
}

function refuseNamesakes(file: string, namesakes: readonly string[]): string | undefined {
  const others = namesakes.filter((other) => other !== file).slice(0, 3).join(" and ");
  if (others === "") return undefined;
  return `${others} beside it has the same name; keep one, or register the one you mean with --module ${DAEMONS_FOLDER}/${file}`;
}
