import { fileURLToPath } from "node:url";

/** The names, beside those of relative files, that a daemon's module can import. */
const IMPORT_NAMES = ["icinga-warden/daemon"];

/** A place in a file as Deno and V8 write it: `file:///C:/home/daemons/x.js:3:14`. */
const PLACE = /(file:\/\/\/.*?):(\d+):(\d+)/;

/**
 * Why a module cannot be imported, in one line that begins with its file or the file at fault:
 * `C:\home\daemons\x.js:1:31: Unexpected token ';'`.
 *
 * @param error what `import()` threw; Deno 2.7 and 2.9 word it differently.
 * @param file the module's path.
 */
export function describeLoadError(error: unknown, file: string): string {
  const { name = "", message, stack = "" } = (error ?? {}) as Partial<Error>;
  if (typeof message !== "string") return `${file}: threw ${Deno.inspect(error)} while loading`;
  // deno-lint-ignore no-control-regex
  const text = message.replace(/\x1b\[\d*m/g, "");
  const missing = /^Module not found:? "?(.+?)"?\.?$/m.exec(text);
  const unknown = /^Import "(.+?)" not a dependency/.exec(text);
  const isSyntax = name === "SyntaxError" || text.startsWith("SyntaxError: ");
  const at = place(text) ?? (isSyntax ? undefined : place(inModule(stack)));
  const where = at ?? file;
  if (missing && path(missing[1]!) === file) {
    return `${file}: is not there; expected a daemon's module`;
  }
  if (missing) return `${where}: cannot find ${path(missing[1]!)}, which it imports`;
  if (unknown) {
    return `${where}: cannot import "${unknown[1]}"; known: ${
      IMPORT_NAMES.join(", ")
    }, and relative paths, which begin with ./`;
  }
  if (isSyntax) return `${where}: ${firstLine(text.replace("SyntaxError: ", ""))}`;
  return `${where}: ${firstLine(text) || name} (thrown while it was loaded)`;
}

function place(text: string): string | undefined {
  const [, url, line, column] = PLACE.exec(text) ?? [];
  return url && `${path(url)}:${line}:${column}`;
}

/** The stack without the program's own lines: of what threw while a module was loaded. */
function inModule(stack: string): string {
  const own = new URL("../", import.meta.url).href;
  return stack.split("\n").filter((line) => !line.includes(own)).join("\n");
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
