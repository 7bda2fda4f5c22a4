import { fileURLToPath, pathToFileURL } from "node:url";

/** What is imported; in a comment it counts too, which does no harm. Blanks are matched in one way only: there may be a million. */
const IMPORT = /\b(?:from|import)\s*(?:\(\s*)?(["'])([^"'\n]+)\1/g;

/** An import as it stands in a module. */
export interface Import {
  /** What is imported, as it is written. */
  specifier: string;
  /** The file that this is, absolute; undefined of a name. */
  path?: string;
  /** Where it stands in the text, its quotation mark included. */
  offset: number;
}

/** The imports in a module's text. */
export function imports(text: string, file: string): Import[] {
  return [...text.matchAll(IMPORT)].map(({ 0: whole, 2: specifier = "", index }) => {
    const offset = index + whole.length - specifier.length - 2;
    const path = pathOf(specifier, file);
    return { specifier, offset, ...(path !== undefined && { path }) };
  });
}

function pathOf(specifier: string, file: string): string | undefined {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return undefined;
  try {
    return fileURLToPath(new URL(specifier, pathToFileURL(file)));
  } catch {
    return undefined;
  }
}

/** More files than these are not followed. */
const MAX_FILES = 200;

/** A module's file and the files that it imports, and those that they import: what a change of it can be in. */
export async function moduleFiles(file: string): Promise<string[]> {
  const files = new Set([file]);
  for (const next of files) {
    const text = await readModule(next);
    for (const path of importedPaths(text, next)) if (files.size < MAX_FILES) files.add(path);
  }
  return [...files];
}

/** A larger file is no module, bytes. */
const MAX_SIZE = 16 * 1024 ** 2;

/** A module's text; empty of what is no file that can be read. */
export async function readModule(file: string): Promise<string> {
  return refuseFile(file) === undefined ? await Deno.readTextFile(file).catch(() => "") : "";
}

/**
 * Why a path cannot be a module's file, as a clause; undefined when it can, or nothing is there. To open a pipe
 * or a device may take for ever.
 */
export function refuseFile(path: string): string | undefined {
  const { isFile = true, isDirectory = false, size = 0 } = statOf(path) ?? {};
  if (isDirectory) return "is a folder; expected a daemon's module";
  if (!isFile) return "is a device or a pipe; expected a daemon's module";
  return size > MAX_SIZE ? `is ${size} bytes long; expected a module, at most 16MB` : undefined;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/** The files that a module's text imports. */
export function importedPaths(text: string, file: string): string[] {
  return imports(text, file).flatMap(({ path }) => path ?? []);
}

/** What changes when one of the files does: sizes and times of change; a file that is not there counts too. */
export function signature(files: readonly string[]): string {
  return files.map((file) => {
    const stat = statOf(file);
    return stat ? `${stat.size}@${stat.mtime?.getTime()}` : "none";
  }).join(" ");
}
