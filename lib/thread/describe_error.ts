import { fileURLToPath } from "node:url";
import { positions, sanitize } from "../base/mod.ts";
import { explainRefusal } from "../daemon/mod.ts";
import { imports, KNOWN_IMPORTS } from "./imports.ts";
import { cutText } from "./protocol.ts";

/** A place in a file as Deno and V8 write it: `file:///C:/home/daemons/x.js:3:14`. */
const PLACE = /(file:\/\/\/.*?):(\d+):(\d+)/;

/**
 * Why a module cannot be imported, in one line that begins with its file or the file at fault:
 * `C:\home\daemons\x.js:1:31: Unexpected token ';'`. Never throws.
 *
 * @param error what `import()` threw; Deno 2.7 and 2.9 word it differently.
 * @param file the module's path.
 * @param texts the texts of it and of what it imports, by their paths: an exe does not say where a failed
 * import stands.
 */
export function describeLoadError(
  error: unknown,
  file: string,
  texts: ReadonlyMap<string, string> = new Map(),
): string {
  try {
    return sanitize(describe(error, file, texts));
  } catch {
    return `${file}: threw something that cannot be shown while loading`;
  }
}

function describe(error: unknown, file: string, texts: ReadonlyMap<string, string>): string {
  const { name = "", message, stack = "" } = (error ?? {}) as Partial<Error>;
  if (typeof message !== "string") return `${file}: threw ${Deno.inspect(error)} while loading`;
  // deno-lint-ignore no-control-regex
  const text = explainRefusal(message.replace(/\x1b\[\d*m/g, ""));
  const missing = /^Module not found:? "?(.+?)"?\.?$/m.exec(text)?.[1];
  const unknown = /^Import "(.+?)" not a dependency/.exec(text)?.[1];
  const isSyntax = name === "SyntaxError" || text.startsWith("SyntaxError: ");
  const failed = missing ? path(missing) : unknown;
  const at = place(text) ?? placeOfImport(failed, texts) ??
    (isSyntax ? undefined : place(inModule(stack)));
  const where = at ?? file;
  if (missing && path(missing) === file) return `${file}: is not there; expected a daemon's module`;
  if (missing) return `${where}: cannot find ${path(missing)}, which it imports`;
  if (unknown) return `${where}: cannot import "${unknown}"; ${KNOWN_IMPORTS}`;
  if (isSyntax) return `${where}: ${firstLine(text.replace("SyntaxError: ", ""))}`;
  return `${where}: ${firstLine(text) || name} (thrown while it was loaded)`;
}

/** A place in a file, as errors name it: `C:\home\daemons\x.js:1:31`. */
export function describePlace(file: string, text: string, offset: number): string {
  const { line, column } = positions(text)(offset);
  return `${file}:${line}:${column}`;
}

function placeOfImport(
  imported: string | undefined,
  texts: ReadonlyMap<string, string>,
): string | undefined {
  for (const [file, text] of texts) {
    const found = imports(text, file).find(({ specifier, path }) =>
      (path ?? specifier) === imported
    );
    if (!found) continue;
    return describePlace(file, text, found.offset);
  }
  return undefined;
}

function place(text: string): string | undefined {
  const [, url, line, column] = PLACE.exec(text) ?? [];
  return url && `${path(url)}:${line}:${column}`;
}

/** The standard library, which is in the program. */
const LIBRARY = /\/(?:deno-std|dist\/vendor)\//;

/** The stack without the program's own lines. */
function inModule(stack: string): string {
  const own = ["..", "../../daemons/"].map((path) => new URL(path, import.meta.url).href);
  const isOwn = (line: string) => LIBRARY.test(line) || own.some((path) => line.includes(path));
  return stack.split("\n").filter((line) => !isOwn(line)).join("\n");
}

function firstLine(text: string): string {
  return text.split(/\r?\n/)[0]!.replace(PLACE, "").replace(/ at $/, "").trim();
}

function path(url: string): string {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}

/** An error's message, and of what is thrown instead of an error what it looks like. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return cutText(explainRefusal(thrown.message) || thrown.name);
    return `a thrown ${cutText(show(thrown))}, which is no Error`;
  } catch {
    return "something that cannot be shown";
  }
}

/**
 * Why a daemon's code failed, in one line: `TypeError: x is not a function (daemons/deep.js:4:12)`. Never throws.
 *
 * @param home the folder that the place is relative to, absolute.
 */
export function describeFailure(thrown: unknown, home: string): string {
  const text = describeThrown(thrown);
  try {
    if (!(thrown instanceof Error)) return text;
    const { name } = thrown;
    const isNamed = typeof name === "string" && /^[A-Z]\w{2,40}$/.test(name) && name !== "Error";
    const at = place(inModule(String(thrown.stack).slice(0, MOST_STACK)));
    const where = at === undefined ? "" : ` (${relativeTo(home, at)})`;
    return cutText(`${isNamed && text !== name ? `${name}: ` : ""}${text}${where}`);
  } catch {
    return text;
  }
}

/**
 * The calls that led to a failure in a daemon's own code, the last first: `run (daemons/deep.js:4:12)`. Never throws.
 *
 * @param home the folder that the places are relative to, absolute.
 */
export function describeStack(thrown: unknown, home: string): string[] {
  try {
    if (!(thrown instanceof Error)) return [];
    const lines = inModule(String(thrown.stack).slice(0, MOST_STACK)).split("\n");
    const calls = lines.filter((line) => /^\s+at /.test(line) && PLACE.test(line));
    return calls.slice(0, MOST_CALLS).map((line) =>
      sanitize(
        line.replace(/^\s+at /, "").replace(PLACE, (found) => relativeTo(home, place(found)!)),
      )
    );
  } catch {
    return [];
  }
}

/** Calls of a stack that are shown. */
const MOST_CALLS = 20;

/** Characters of a stack in which the place of a failure is searched. */
const MOST_STACK = 20_000;

function relativeTo(home: string, path: string): string {
  const isInside = path.startsWith(home) && /^[\\/]/.test(path.slice(home.length));
  return isInside ? path.slice(home.length + 1).replaceAll("\\", "/") : path;
}

/** A text unchanged, any other value as the console shows it. */
export function show(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}
