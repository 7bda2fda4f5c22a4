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

/** What a daemon's module may be: its files with what they import, bytes of a file and of all, imports of all. */
const MOST = { files: 200, size: 4 * 1024 ** 2, total: 16 * 1024 ** 2, imports: 1_000 };

/** A module's files. */
export interface ExaminedModule {
  /** Its file and all that it imports, absolute; not all of them where there is a refusal. */
  files: string[];
  /** Why it is not loaded, in one line that begins with a file; absent when it is. */
  refusal?: string;
}

/** Finds the files that a module is made of: itself, those that it imports, and those that they import. */
export async function examineModule(file: string): Promise<ExaminedModule> {
  const files = new Set([file]);
  let [size, count] = [0, 0];
  for (const next of files) {
    const own = refuseFile(next);
    if (own !== undefined) return { files: [...files], refusal: `${next}: ${own}` };
    const text = await readModule(next);
    size += text.length;
    const specifiers = specifiersIn(text, MOST.imports + 1 - count);
    count += specifiers.size;
    const refusal = size > MOST.total
      ? `is longer than ${megabytes(MOST.total)} with what it imports`
      : count > MOST.imports
      ? `has more than ${MOST.imports} imports`
      : undefined;
    if (refusal !== undefined) return { files: [...files], refusal: `${file}: ${refusal}` };
    for (const path of pathsOf(specifiers, next)) files.add(path);
    if (files.size > MOST.files) {
      const refusal = `${file}: imports more than ${MOST.files} files`;
      return { files: [...files].slice(0, MOST.files), refusal };
    }
  }
  return { files: [...files] };
}

/** The {@linkcode ExaminedModule.files} of a module. */
export async function moduleFiles(file: string): Promise<string[]> {
  return (await examineModule(file)).files;
}

/** A module's text; empty where there is no file that can be read. */
export async function readModule(file: string): Promise<string> {
  return refuseFile(file) === undefined ? await Deno.readTextFile(file).catch(() => "") : "";
}

/**
 * Why a path cannot be a module's file, as a clause; undefined when it can, or nothing is there. Opening a pipe
 * or a device may take for ever.
 */
export function refuseFile(path: string): string | undefined {
  const { isFile = true, isDirectory = false, size = 0 } = statOf(path) ?? {};
  if (isDirectory) return "is a folder; expected a daemon's module";
  if (!isFile) return "is a device or a pipe; expected a daemon's module";
  if (size <= MOST.size) return undefined;
  return `is ${size} bytes long; expected a module of at most ${megabytes(MOST.size)}`;
}

function megabytes(bytes: number): string {
  return `${bytes / 1024 ** 2}MB`;
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
  return pathsOf(specifiersIn(text), file);
}

function pathsOf(specifiers: Iterable<string>, file: string): string[] {
  return [...specifiers].flatMap((specifier) => pathOf(specifier, file) ?? []);
}

/** What a text imports, each once; a text may hold a million imports. */
function specifiersIn(text: string, most = Infinity): Set<string> {
  const specifiers = new Set<string>();
  for (const { 2: specifier = "" } of text.matchAll(IMPORT)) {
    specifiers.add(specifier);
    if (specifiers.size >= most) break;
  }
  return specifiers;
}

/** What changes when one of the files does: sizes and times of change; a file that is not there counts too. */
export function signature(files: readonly string[]): string {
  return files.map((file) => {
    const stat = statOf(file);
    return stat ? `${stat.size}@${stat.mtime?.getTime()}` : "none";
  }).join(" ");
}
