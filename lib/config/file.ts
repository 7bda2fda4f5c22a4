import { Buffer } from "node:buffer";
import { excerpt, plainError, positions, readWhenFree } from "../base/mod.ts";
import { ConfigError, type PlacedProblem } from "./problem.ts";

/** A larger file is no configuration, bytes. */
const MAX_SIZE = 1024 ** 2;

/**
 * Reads a configuration's bytes; undefined when there is no such file.
 *
 * @throws {ConfigError} when what bears the name is no file, is too large or cannot be read.
 */
export async function readConfigFile(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const refusal = refuseConfigFile(await Deno.stat(file));
    if (refusal) throw new ConfigError(file, [refusal]);
    return await readWhenFree(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(file, [explainFailure(error)], true);
  }
}

/** Why a file cannot be a configuration, by its type and size; undefined when it can. */
export function refuseConfigFile(
  { isFile, isDirectory, size }: Pick<Deno.FileInfo, "isFile" | "isDirectory" | "size">,
): PlacedProblem | undefined {
  if (isDirectory) return problem("is a folder", "expected a file");
  if (!isFile) return problem("is a device or a pipe", "expected a file");
  if (size <= MAX_SIZE) return undefined;
  return problem(`is ${size} bytes long`, "expected a configuration, at most 1MB");
}

/** What an error that the file system threw means. */
export function explainFailure(error: unknown): PlacedProblem {
  if (error instanceof Deno.errors.PermissionDenied) {
    return problem("access is denied", "let the account that runs the agent read the file");
  }
  // Deno ends it with the path.
  const reason = excerpt(plainError(error).replace(/: \w+ '.*'$/s, ""));
  return problem(`cannot be read (${reason})`, "expected a file that can be read");
}

function problem(fault: string, expected: string): PlacedProblem {
  return { path: [], value: undefined, fault, expected };
}

interface Encoding {
  name: "UTF-8" | "UTF-16LE" | "UTF-16BE";
  /** The byte order mark that a file of this encoding may begin with. */
  mark: readonly number[];
}

const UTF_8: Encoding = { name: "UTF-8", mark: [0xef, 0xbb, 0xbf] };

/** Notepad calls these "UTF-16 LE" and "UTF-16 BE"; before Windows 10 it called them "Unicode". */
const MARKED: readonly Encoding[] = [
  UTF_8,
  { name: "UTF-16LE", mark: [0xff, 0xfe] },
  { name: "UTF-16BE", mark: [0xfe, 0xff] },
];

/**
 * Reads a file's bytes as text: UTF-8 with or without a byte order mark, or UTF-16 of either order with
 * one. The mark is no part of the text.
 *
 * @returns the text, or a problem that names the first byte that does not fit.
 */
export function decodeText(bytes: Uint8Array<ArrayBuffer>): string | PlacedProblem {
  if (isUtf32(bytes)) return unusable("is UTF-32", 1, 1);
  const encoding = MARKED.find(({ mark }) => mark.every((byte, i) => bytes[i] === byte));
  if (!encoding && looksLikeUtf16(bytes)) {
    return unusable("looks like UTF-16 without a byte order mark", 1, 1);
  }
  const { name, mark } = encoding ?? UTF_8;
  const content = encoding ? bytes.subarray(mark.length) : bytes;
  try {
    return new TextDecoder(name, { fatal: true }).decode(content);
  } catch {
    return unreadable(name, content);
  }
}

/** The bytes of a text in the encoding of `bytes`, its byte order mark included; UTF-8 when there are none. */
export function encodeLike(bytes: Uint8Array | undefined, text: string): Uint8Array {
  const encoding = MARKED.find(({ mark }) => mark.every((byte, i) => bytes?.[i] === byte));
  const marked = encoding ? `\ufeff${text}` : text;
  if (!encoding || encoding === UTF_8) return new TextEncoder().encode(marked);
  const units = Buffer.from(marked, "utf16le");
  return new Uint8Array(encoding.name === "UTF-16LE" ? units : units.swap16());
}

/** By its byte order mark, whose bytes in little-endian order begin with those of UTF-16. */
function isUtf32([a, b, c, d]: Uint8Array): boolean {
  return (a === 0xff && b === 0xfe && c === 0 && d === 0) ||
    (a === 0 && b === 0 && c === 0xfe && d === 0xff);
}

/** A configuration begins with an ASCII character, which in UTF-16 has one zero byte. */
function looksLikeUtf16([first, second]: Uint8Array): boolean {
  return second !== undefined && (first === 0) !== (second === 0);
}

/** Names the first byte that does not fit: there a reader that takes everything has the replacement character. */
function unreadable(name: Encoding["name"], content: Uint8Array<ArrayBuffer>): PlacedProblem {
  const lossy = new TextDecoder(name).decode(content);
  const at = lossy.indexOf("\ufffd");
  const offset = name === "UTF-8" ? new TextEncoder().encode(lossy.slice(0, at)).length : at * 2;
  const byte = content[offset]!.toString(16).toUpperCase().padStart(2, "0");
  const { line, column } = positions(lossy)(at);
  return unusable(`byte 0x${byte} is not ${name}`, line, column);
}

function unusable(fault: string, line: number, column: number): PlacedProblem {
  return { path: [], value: undefined, fault, expected: "save the file as UTF-8", line, column };
}
