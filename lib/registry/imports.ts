import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A relative or absolute path in an import; one in a comment counts too, which does no harm. */
const IMPORT = /\b(?:from|import)\s*\(?\s*["']((?:\.{0,2}\/|file:\/\/)[^"']+)["']/g;

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
  return [...text.matchAll(IMPORT)].map(([, path]) =>
    path!.startsWith("file:") ? fileURLToPath(path!) : resolve(dirname(file), path!)
  );
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
