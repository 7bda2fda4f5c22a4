import { fileURLToPath, pathToFileURL } from "node:url";

/** What is imported; in a comment it counts too, which does no harm. */
const IMPORT = /\b(?:from|import)\s*\(?\s*(["'])([^"'\n]+)\1/g;

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
    const text = await Deno.readTextFile(next).catch(() => "");
    for (const path of importedPaths(text, next)) if (files.size < MAX_FILES) files.add(path);
  }
  return [...files];
}

/** The files that a module's text imports. */
export function importedPaths(text: string, file: string): string[] {
  return imports(text, file).flatMap(({ path }) => path ?? []);
}

/** What changes when one of the files does: sizes and times of change; a file that is not there counts too. */
export function signature(files: readonly string[]): string {
  return files.map((file) => {
    try {
      const { size, mtime } = Deno.statSync(file);
      return `${size}@${mtime?.getTime()}`;
    } catch {
      return "none";
    }
  }).join(" ");
}
