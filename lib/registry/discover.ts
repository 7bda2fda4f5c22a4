import { join } from "node:path";
import { builtinDaemons } from "../../daemons/mod.ts";
import { nameOfFile, refuseFileName } from "../daemon/check.ts";
import { refuseFile } from "../daemon/imports.ts";

/** The folder in home whose modules are found by themselves. */
export const DAEMONS_FOLDER = "daemons";

/** A module that lies in home's folder of daemons. */
export interface FoundModule {
  /** The daemon's name, which is the file's without its extension. */
  name: string;
  /** Its path, absolute. */
  file: string;
  /** Its path as the configuration writes it: `daemons/disk_watch.js`. */
  module: string;
  /** Why no daemon can be found by this name, in one line that begins with the file. */
  problem?: string;
}

/** The modules in home's folder of daemons, sorted by name; none when there is no such folder. */
export async function findModules(home: string): Promise<FoundModule[]> {
  const folder = join(home, DAEMONS_FOLDER);
  const files = (await listFiles(folder)).filter(isModule).sort();
  return files.map((file) => {
    const found = {
      name: nameOfFile(file),
      file: join(folder, file),
      module: `${DAEMONS_FOLDER}/${file}`,
    };
    const why = refuseFileName(file) ?? refuseBuiltin(file) ?? refuseTwins(file, files) ??
      refuseFile(join(folder, file));
    return why === undefined ? found : { ...found, problem: `${found.file}: ${why}` };
  });
}

/**
 * Whether a file in the folder of daemons is a daemon's module: tests (`x.test.js`), types (`x.d.ts`) and
 * files that begin with `_` or `.` are not.
 */
export function isModule(file: string): boolean {
  return /\.(?:ts|js|mjs)$/.test(file) && !/\.(?:test|d)\.\w+$/.test(file) && !/^[._]/.test(file);
}

function refuseBuiltin(file: string): string | undefined {
  if (!builtinDaemons.has(nameOfFile(file))) return undefined;
  return "has the name of a built-in daemon, which goes before it; rename it and its daemon";
}

/** Windows does not tell names apart by case, so a name must be one of its kind in any case. */
function refuseTwins(file: string, files: readonly string[]): string | undefined {
  const fold = (name: string) => nameOfFile(name).toLowerCase();
  const twins = files.filter((other) => other !== file && fold(other) === fold(file));
  if (twins.length === 0) return undefined;
  return `${
    twins.join(" and ")
  } beside it has the same name; keep one, or register the one you mean with --module ${DAEMONS_FOLDER}/${file}`;
}

async function listFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (!entry.isDirectory) names.push(entry.name);
  } catch (error) {
    if (!isNoFolder(error)) throw error;
  }
  return names;
}

function isNoFolder(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
