import { fileURLToPath, pathToFileURL } from "node:url";
import { FileError } from "../base/mod.ts";

/** An import in a module's text. */
export interface Import {
  /** The specifier as it is written; undefined if it is computed and not one text in quotes. */
  specifier: string | undefined;
  /** The file that this is, absolute; undefined of a name. */
  path?: string;
  /** Its offset in the text: that of its quotation mark, or where that should be. */
  offset: number;
  /** The text between `import` and `from`; undefined for `import("x")`. */
  clause?: string;
}

/** The imports in a module's text. */
export function imports(text: string, file: string): Import[] {
  return [...findImports(text)].map((found) => {
    const path = found.specifier === undefined ? undefined : pathOf(found.specifier, file);
    return path === undefined ? found : { ...found, path };
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

/**
 * A word that an import can begin with: keywords, which cannot be written with escapes. `a.import` is no keyword,
 * `...import` is one.
 */
const KEYWORD = /(?<![\w$#]|(?<!\.\.)\.)(?:import|export)(?![\w$])/g;

/** What an import's clause is made of: names, strings that are names, and these signs. */
const CLAUSE =
  /(?:[\w$\u0080-\uffff]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})+|[,{}*]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;

/** A text in quotes without escapes. */
const LITERAL = /(?:"[^"\\\n\r]*"|'[^'\\\n\r]*'|`[^`\\$]*`)/y;

/** The beginning of a line on which no declaration can stand, but a comment's. */
const COMMENT_LINE = /^\s*(?:\/\/|\*[^;{}()*\/]*$)/;

/**
 * Finds every import of a text that the runtime would find, in time that grows with its length alone. What stands in
 * a comment or a string may be found as well.
 */
function* findImports(text: string): Generator<Import> {
  const scan = new Scan(text);
  for (const { 0: keyword, index } of text.matchAll(KEYWORD)) {
    const start = index + keyword.length;
    const at = scan.skipBlanks(start);
    const call = keyword === "import" ? scan.callAfter(at) : undefined;
    const found = call === undefined ? declarationAt(scan, keyword, start) : callAt(scan, call);
    if (found && !(call === undefined && COMMENT_LINE.test(scan.lineBefore(index)))) yield found;
  }
}

/** @param open where the parenthesis of `import(` is. */
function callAt(scan: Scan, open: number): Import {
  const offset = scan.skipBlanks(open + 1);
  const literal = scan.match(LITERAL, offset);
  const after = scan.text[scan.skipBlanks(offset + literal.length)];
  const isPlain = literal !== "" && (after === ")" || after === ",");
  return { specifier: isPlain ? literal.slice(1, -1) : undefined, offset };
}

/** @param start where the keyword ends. */
function declarationAt(scan: Scan, keyword: string, start: number): Import | undefined {
  let depth = 0;
  let last = keyword;
  let clauseEnd = start;
  for (let at = scan.skipBlanks(start);;) {
    const isSource = last === "from" ? depth === 0 : last === "import" && clauseEnd === start;
    if (isSource && /["']/.test(scan.text[at] ?? "")) {
      const literal = scan.match(LITERAL, at);
      const specifier = literal === "" ? undefined : literal.slice(1, -1);
      return { specifier, offset: at, clause: scan.text.slice(start, clauseEnd) };
    }
    const token = scan.match(CLAUSE, at);
    if (token === "" || (depth === 0 && /^(?:import|export|["'])/.test(token))) return undefined;
    if (token === "{") depth++;
    if (token === "}") depth--;
    if (depth < 0 || depth > 1) return undefined;
    last = token;
    clauseEnd = token === "from" && depth === 0 ? at : at + token.length;
    at = scan.skipBlanks(at + token.length);
  }
}

/** A text that is read from place to place. */
class Scan {
  readonly text: string;
  /** Ends of comments that were looked for: from where on, and where the end is. */
  readonly #ends = new Map<string, { from: number; end: number }>();

  constructor(text: string) {
    this.text = text;
  }

  /** What a sticky pattern matches at a place; empty when it does not. */
  match(pattern: RegExp, at: number): string {
    pattern.lastIndex = at;
    return pattern.exec(this.text)?.[0] ?? "";
  }

  /** The place after the blanks and comments at a place. */
  skipBlanks(at: number): number {
    for (;;) {
      at += this.match(/\s*/y, at).length;
      if (this.text.startsWith("//", at)) at = this.#endOf("\n", at);
      else if (this.text.startsWith("/*", at)) at = this.#endOf("*/", at + 2);
      else return at;
    }
  }

  /** A comment may hold a million keywords, and its end is looked for once. */
  #endOf(mark: string, at: number): number {
    let known = this.#ends.get(mark);
    if (!known || at < known.from || at > known.end) {
      const end = this.text.indexOf(mark, at);
      known = { from: at, end: end < 0 ? this.text.length : end };
      this.#ends.set(mark, known);
    }
    return Math.min(known.end + mark.length, this.text.length);
  }

  /** Where the parenthesis of `import(`, `import.defer(` or `import.source(` is; undefined where there is none. */
  callAfter(at: number): number | undefined {
    if (this.text[at] === ".") {
      at = this.skipBlanks(at + 1);
      const phase = this.match(/(?:defer|source)(?![\w$])/y, at);
      if (phase === "") return undefined;
      at = this.skipBlanks(at + phase.length);
    }
    return this.text[at] === "(" ? at : undefined;
  }

  /** The line of a place, up to there; of a long line its end. */
  lineBefore(at: number): string {
    const before = this.text.slice(Math.max(0, at - 1_000), at);
    return before.slice(before.lastIndexOf("\n") + 1);
  }
}

/** Node.js' modules that a daemon can import. The others load code unseen, reach other threads, or end the process. */
const NODE_MODULES = new Set([
  ...["assert", "assert/strict", "async_hooks", "buffer", "child_process", "console", "constants"],
  ...["crypto", "dgram", "diagnostics_channel", "dns", "dns/promises", "events", "fs"],
  ...["fs/promises", "http", "http2", "https", "net", "os", "path", "path/posix", "path/win32"],
  ...["perf_hooks", "process", "punycode", "querystring", "readline", "readline/promises"],
  ...["sqlite", "stream", "stream/consumers", "stream/promises", "stream/web", "string_decoder"],
  ...["sys", "timers", "timers/promises", "tls", "tty", "url", "util", "util/types", "zlib"],
]);

/** Files that are no modules of JavaScript or TypeScript: they would import unseen. */
const OTHER_FORM = /\.(?:wasm|[cm]?[jt]sx|c[jt]s)$/i;

/**
 * Why a thread does not load a module, by what it imports, as a clause; undefined when it does. An exe of Deno 2.7 does
 * not check the read permission of an import, so that it is checked here, before anything is loaded.
 */
export function refuseImport({ specifier, path, clause }: Import): string | undefined {
  if (specifier === undefined) {
    return "imports what is computed; a daemon names what it imports, in quotes";
  }
  if (path !== undefined) {
    if (OTHER_FORM.test(path)) {
      return `cannot import "${specifier}": a daemon's files are ES modules`;
    }
    const { state } = Deno.permissions.querySync({ name: "read", path });
    return state === "granted"
      ? undefined
      : `cannot import "${specifier}": it may not read ${path}`;
  }
  if (!specifier.startsWith("node:")) {
    // Others would be Node.js' modules: an exe of Deno 2.7 takes their bare names as well.
    if (IMPORT_NAMES.includes(specifier)) return undefined;
    const isName = /^[\w@#][^:]*$/.test(specifier);
    const what = isName
      ? ""
      : ": a daemon imports no packages and nothing from the internet; text in quotes or a comment counts as well";
    return `cannot import "${specifier}"${what}; ${KNOWN_IMPORTS}`;
  }
  const name = specifier.slice("node:".length);
  if (!NODE_MODULES.has(name)) {
    return `cannot import "${specifier}": it is not available in a daemon`;
  }
  if (name !== "process" || /^\s*(?:[\w$]+\s*)?$/.test(clause ?? "*")) return undefined;
  return `cannot import parts of "${specifier}"; import process from "${specifier}" is possible`;
}

/** The names, beside those of relative files and Node.js' modules, that a daemon's module can import. */
export const IMPORT_NAMES = [
  "icinga-warden/daemon",
  "icinga-warden/testing",
  "@std/assert",
  "@std/async/delay",
  "valibot",
];

/** What a daemon's module can import, as a clause. */
export const KNOWN_IMPORTS = `known: ${
  IMPORT_NAMES.join(", ")
}, Node.js' modules as node:..., and relative paths, which begin with ./`;

/** What a daemon's module may be: its files with what they import, bytes of a file and of all, imports of all. */
const MOST = { files: 200, size: 4 * 1024 ** 2, total: 16 * 1024 ** 2, imports: 1_000 };

/**
 * What UTF-16 looks like where it is read as UTF-8: its byte order mark is no text, and every other byte of a Latin
 * character is zero. PowerShell's `>` writes it.
 */
const UTF_16 = /^(?:\ufffd\ufffd|\0|[^]\0)/;

/** A module's files. */
export interface ExaminedModule {
  /** Its file and all that it imports, absolute; not all of them where there is a refusal. */
  files: string[];
  /** Their texts, by path. */
  texts: ReadonlyMap<string, string>;
  /** Why it is not loaded, in one line that begins with a file; absent when it is. */
  refusal?: string;
  /** Whether the refusal is that a file cannot be read now. */
  isUnread?: boolean;
}

/** Finds the files that a module is made of: itself, those that it imports, and those that they import. */
export async function examineModule(file: string): Promise<ExaminedModule> {
  const files = new Set([file]);
  const texts = new Map<string, string>();
  const refused = (refusal: string) => ({ files: [...files].slice(0, MOST.files), texts, refusal });
  let [size, count] = [0, 0];
  for (const next of files) {
    const own = refuseModuleFile(next);
    if (own !== undefined) return refused(`${next}: ${own}`);
    const text = await Deno.readTextFile(next).catch((error: unknown) => unread(next, error));
    if (typeof text !== "string") return { ...refused(text.refusal), isUnread: true };
    if (UTF_16.test(text)) return refused(`${next}: is UTF-16 text; save the file as UTF-8`);
    texts.set(next, text);
    size += text.length;
    const specifiers = specifiersIn(text, MOST.imports + 1 - count);
    count += specifiers.size;
    const refusal = size > MOST.total
      ? `is longer than ${megabytes(MOST.total)} with what it imports`
      : count > MOST.imports
      ? `has more than ${MOST.imports} imports`
      : undefined;
    if (refusal !== undefined) return refused(`${file}: ${refusal}`);
    for (const specifier of specifiers) {
      const path = pathOf(specifier, next);
      if (path !== undefined) files.add(path);
    }
    if (files.size > MOST.files) return refused(`${file}: imports more than ${MOST.files} files`);
  }
  return { files: [...files], texts };
}

/**
 * Why a file that is there cannot be read now: another program holds it, say. Empty text where there is none, or this
 * thread may not read it.
 */
function unread(file: string, error: unknown): "" | { refusal: string } {
  if (statOf(file) === undefined || error instanceof Deno.errors.NotCapable) return "";
  return { refusal: `${file}: cannot be read (${new FileError("read", file, error).reason})` };
}

/** A module's text; empty where there is no file that can be read. */
export async function readModule(file: string): Promise<string> {
  return refuseModuleFile(file) === undefined ? await Deno.readTextFile(file).catch(() => "") : "";
}

/**
 * Why a path cannot be a module's file, as a clause; undefined when it can, or nothing is there. Opening a pipe
 * or a device may take for ever.
 */
export function refuseModuleFile(path: string): string | undefined {
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

/** What a text imports, each once; a text may hold a million imports. */
function specifiersIn(text: string, most: number): Set<string> {
  const specifiers = new Set<string>();
  for (const { specifier = "" } of findImports(text)) {
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
