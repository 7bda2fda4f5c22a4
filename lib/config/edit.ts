import { createScanner, findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import { type Clock, FileError, isObject, replaceFile, systemClock } from "../base/mod.ts";
import { decodeText, encodeLike, readConfigFile } from "./file.ts";
import { ConfigError } from "./problem.ts";

/** How long another program may take to rewrite the configuration, ms. One that was killed leaves its mark behind. */
const REWRITE_LIMIT = 10_000;

/** How a configuration file is rewritten. */
export interface Rewrite {
  /** Makes the new text of the old. */
  edit: (text: string) => string;
  /**
   * Checks the new text before anything is written.
   *
   * @throws {ConfigError} when it is wrong.
   */
  check: (text: string) => void;
  /** Where time comes from. Default: the real clock. */
  clock?: Pick<Clock, "now" | "sleep">;
}

/**
 * Rewrites the configuration in `file`, or makes one. The daemon that runs by default is written down first, since a
 * list of daemons replaces the default. Where writing fails, the old file stands. Of programs that rewrite one file at
 * the same time, one waits for the other.
 *
 * @throws {ConfigError} when the file cannot be read, or `check` finds the new text wrong: nothing is written.
 * @throws {FileError} when it cannot be written.
 */
export async function rewriteConfig(file: string, rewrite: Rewrite): Promise<void> {
  const target = await Deno.realPath(file).catch(() => file);
  const mark = `${target}.lock`;
  await placeMark(mark, rewrite.clock).catch((error) => {
    throw new FileError("write", target, error);
  });
  try {
    await rewriteAlone(file, target, rewrite);
  } finally {
    await Deno.remove(mark).catch(() => {});
  }
}

/** Waits until no other program rewrites the configuration, and keeps others from it. */
async function placeMark(mark: string, clock: Rewrite["clock"] = systemClock): Promise<void> {
  for (const end = clock.now() + REWRITE_LIMIT;;) {
    try {
      return Deno.openSync(mark, { write: true, createNew: true }).close();
    } catch (error) {
      // On Windows a file that another program is just removing is said to be denied.
      const isThere = await Deno.stat(mark).then(() => true, () => false);
      if (!isThere && !(error instanceof Deno.errors.AlreadyExists)) throw error;
      if (clock.now() > end) await Deno.remove(mark);
    }
    await clock.sleep(20);
  }
}

async function rewriteAlone(file: string, target: string, { edit, check }: Rewrite): Promise<void> {
  const bytes = await readConfigFile(file);
  const old = bytes ? decodeText(bytes) : "{}\n";
  if (typeof old !== "string") throw new ConfigError(file, [old]);
  if (bytes) check(old);
  const text = edit(writeDownDefault(old));
  check(text);
  await replaceFile(target, encodeLike(bytes, text));
}

/** A configuration without the key `daemons` runs the Icinga daemon; one with it runs what it lists. */
function writeDownDefault(text: string): string {
  const root = parseTree(text, [], { allowTrailingComma: true })!;
  const isThere = findNodeAtLocation(root, ["daemons"]) !== undefined;
  return isThere ? text : setInText(text, ["daemons", "icinga_agent_service"], {});
}

/** Keys that lead to a value. */
type Path = readonly string[];

/**
 * Sets a value in a configuration's text and changes nothing else, neither comments nor order. An existing value is
 * replaced; a new one is added at the end of its object, and missing objects on the way are made.
 *
 * @param text a configuration without syntax errors.
 */
export function setInText(text: string, path: Path, value: unknown): string {
  const root = parseTree(text, [], { allowTrailingComma: true })!;
  const found = findNodeAtLocation(root, [...path]);
  if (found) {
    const printed = print(value, lineIndent(text, found.offset), eolOf(text));
    return splice(text, found.offset, found.offset + found.length, printed);
  }
  const depth = deepest(root, path);
  const object = findNodeAtLocation(root, path.slice(0, depth))!;
  const inner = path.slice(depth + 1).reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    value,
  );
  return addProperty(text, object, path[depth]!, inner);
}

/** Removes a key and its value from a configuration's text, but not the comments around it. */
export function removeFromText(text: string, path: Path): string {
  const root = parseTree(text, [], { allowTrailingComma: true })!;
  const property = findNodeAtLocation(root, [...path])?.parent;
  if (!property) return text;
  const siblings = property.parent!.children!;
  const before = siblings[siblings.indexOf(property) - 1];
  const end = property.offset + property.length;
  const comma = commaAfter(text, end);
  const without = comma === undefined && before
    ? removeComma(text.slice(0, property.offset), commaAfter(text, before.offset + before.length)!)
    : text.slice(0, property.offset);
  const after = comma === undefined
    ? text.slice(end)
    : text.slice(end, comma) + text.slice(comma + 1);
  return joinWithoutBlankLine(without, after);
}

function removeComma(text: string, at: number): string {
  return splice(text, at, at + 1, "");
}

/** Removes the line too if nothing else is on it; what else is on it is one blank apart. */
function joinWithoutBlankLine(before: string, after: string): string {
  const start = before.replace(/[ \t]+$/, "");
  const rest = after.replace(/^[ \t]+/, "");
  if (!/\n$/.test(start)) return /^\r?\n/.test(rest) ? start + rest : `${start} ${rest}`;
  return /^\r?\n/.test(rest) ? start + rest.replace(/^\r?\n/, "") : before + rest;
}

/** How many keys of the path lead to objects that are there. */
function deepest(root: Node, path: Path): number {
  let depth = 0;
  while (findNodeAtLocation(root, path.slice(0, depth + 1))?.type === "object") depth++;
  return depth;
}

function addProperty(text: string, object: Node, key: string, value: unknown): string {
  const close = object.offset + object.length - 1;
  const last = object.children?.at(-1);
  const isOneLine = !/\n/.test(text.slice(object.offset, close)) && last !== undefined;
  const outer = lineIndent(text, object.offset);
  const eol = eolOf(text);
  const indent = last && !isOneLine ? lineIndent(text, last.offset) : `${outer}  `;
  const property = `${JSON.stringify(key)}: ${print(value, isOneLine ? outer : indent, eol)}`;
  if (!last) {
    const inside = text.slice(object.offset + 1, close).trimEnd();
    const content = `${inside}${eol}${indent}${property}${eol}${outer}`;
    return splice(text, object.offset + 1, close, content);
  }
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  const withComma = comma === undefined ? splice(text, end, end, ",") : text;
  const at = (comma ?? end) + 1;
  const added = isOneLine
    ? ` ${property}`
    : `${eol}${indent}${property}${comma === undefined ? "" : ","}`;
  const place = isOneLine ? at : afterComment(withComma, at);
  return splice(withComma, place, place, added);
}

/** The offset of the comma that follows a property, comments skipped. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  return text[scanner.getTokenOffset()] === "," ? scanner.getTokenOffset() : undefined;
}

/** The end of the comments that follow on the same line: they belong to what is before them. */
function afterComment(text: string, offset: number): number {
  const [comments] = /^(?:[ \t]*(?:\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/))*/.exec(
    text.slice(offset),
  )!;
  return offset + comments.length;
}

function print(value: unknown, indent: string, eol: string): string {
  const flat = printFlat(value);
  const isFlat = flat.length <= 60 && !holdsObject(value);
  const text = isFlat ? flat : JSON.stringify(value, null, 2);
  return text.replaceAll("\n", `${eol}${indent}`);
}

/** A value on one line, spaced as formatters do. */
function printFlat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printFlat).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, v]) =>
    `${JSON.stringify(key)}: ${printFlat(v)}`
  );
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

function holdsObject(value: unknown): boolean {
  return isObject(value) && Object.values(value).some(isObject);
}

function lineIndent(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start))![0];
}

function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function splice(text: string, start: number, end: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end);
}
