/**
 * Reading what `sc.exe` and `net.exe` print, in whatever language and code page.
 *
 * @module
 */
import { type Progress, type ServiceState, serviceStates } from "./manager.ts";

/** A service that depends on another. */
export interface Dependent {
  /** Its name. */
  name: string;
  state: ServiceState;
}

/** How much of a program's output is kept, bytes; an answer has a few hundred. */
export const outputLimit = 64 * 1024;

/** Full-width colons, as UTF-16 and, byte by byte, in UTF-8 and the code pages 932, 936, 949 and 950. */
const fullWidthColon = /\uff1a|\xef\xbc\x9a|\x81F|\xa3\xba|\xa1G/g;

/**
 * The lines that a console program has written, in whatever code page: its ASCII characters are right, the
 * others are not, and every colon is an ASCII one. No lines if it has written {@linkcode outputLimit} bytes.
 */
export function readLines(output: Uint8Array): string[] {
  if (output.length >= outputLimit) return [];
  return decode(output).replace(fullWidthColon, ":").split("\n");
}

/** A byte a character, but for UTF-16: in no other encoding does text hold a NUL. */
function decode(output: Uint8Array): string {
  if (output.includes(0)) return new TextDecoder("utf-16le").decode(output);
  return Array.from(output, (byte) => String.fromCharCode(byte)).join("");
}

/** The result of `sc query`: a state, an error code of Windows, or output that cannot be read. */
export type QueryResult =
  | { state: ServiceState }
  | { code: number }
  | "unreadable";

/**
 * Reads the output of `sc query NAME`.
 *
 * The exit code is the verdict; with 0, the state is read by the place of its number, never by a word:
 *
 * ```text
 * SERVICE_NAME: icinga2
 *         TYPE               : 10  WIN32_OWN_PROCESS
 *         STATE              : 4  RUNNING
 *         CHECKPOINT         : 0x0
 *         WAIT_HINT          : 0x0
 * ```
 *
 * Also with exit code 0, an error of the form `[SC] EnumQueryServicesStatus:OpenService FAILED 1060:` counts.
 */
export function readQuery(exitCode: number, output: Uint8Array): QueryResult {
  if (exitCode !== 0) return { code: exitCode };
  const lines = readLines(output).filter((line) => line.trim() !== "");
  const code = errorCode(lines[0] ?? "");
  if (code !== undefined) return { code };
  const state = stateOf(lines);
  return state ? { state } : "unreadable";
}

/** Reads how far a pending service is: the last two fields of `sc query` are nothing but a hexadecimal number each. */
export function readProgress(output: Uint8Array): Progress {
  const numbers = readLines(output).flatMap((line) =>
    /^0x[0-9a-f]{1,8}$/i.exec(fieldValue(line).trim()) ?? []
  );
  const [checkpoint = 0, waitHint = 0] = numbers.slice(-2).map(Number);
  return { checkpoint, waitHint };
}

/** Whether the output of `sc qc NAME` says that the start type is 4, disabled; undefined if it cannot be read. */
export function readDisabled(exitCode: number, output: Uint8Array): boolean | undefined {
  if (exitCode !== 0) return undefined;
  const fields = readLines(output).filter(isIndented).map(fieldValue);
  const [, startType] = /^([0-4])(?=\s+[^\s\d(])/.exec(fields[1] ?? "") ?? [];
  return startType === undefined ? undefined : startType === "4";
}

/** The name in the output of `sc getkeyname`, in its last line after an equals sign; undefined if there is none. */
export function readKeyName(exitCode: number, output: Uint8Array): string | undefined {
  const last = readLines(output).findLast((line) => line.trim() !== "") ?? "";
  return exitCode === 0 ? /=\s*(\S.*?)\s*$/.exec(last)?.[1] : undefined;
}

/**
 * The services in the output of `sc enumdepend NAME`, in its order; none if it cannot be read. Each is a paragraph as
 * `sc query` prints it, the display name in its second line.
 */
export function readDependents(exitCode: number, output: Uint8Array): Dependent[] {
  if (exitCode !== 0) return [];
  return paragraphs(readLines(output)).flatMap((lines) => {
    const state = stateOf(lines);
    const [first = ""] = lines;
    return state ? [{ name: first.slice(first.indexOf(":") + 1).trim(), state }] : [];
  });
}

/** The state's number is in the second of the indented fields that follow the unindented name. */
function stateOf([name = "", ...lines]: string[]): ServiceState | undefined {
  if (isIndented(name) || !name.includes(":")) return undefined;
  const [type, state] = lines.slice(lines.findIndex(isIndented));
  if (!/^[0-9a-f]+\s+\S/i.test(fieldValue(type))) return undefined;
  const number = /^[1-7](?=\s+[^\s\d(])/.exec(fieldValue(state));
  return number ? serviceStates[Number(number[0]) - 1] : undefined;
}

/** What follows the first colon of an indented line. */
function fieldValue(line = ""): string {
  const colon = line.indexOf(":");
  return isIndented(line) && colon > 0 ? line.slice(colon + 1).trimStart() : "";
}

function isIndented(line: string): boolean {
  return /^[ \t]/.test(line);
}

/** The number before the colon that ends the line; French has a space between, which may be a no-break one. */
function errorCode(line: string): number | undefined {
  if (!line.startsWith("[SC]")) return undefined;
  const number = /\s(\d{1,5})[^\d:]{0,3}:\s*$/.exec(line);
  return number ? Number(number[1]) : undefined;
}

/**
 * The error code that a failed `net start`, `net stop` or `net continue` has printed, in whatever language
 * and code page; `undefined` if none is certain. (The exit code of `net` is 2 whatever went wrong.)
 *
 * The last paragraph names it, in English in every language: `More help is available by typing NET HELPMSG
 * 2182.` Otherwise the last paragraph is Windows' own text of the error, and the one before names it:
 * `System error 5 has occurred.` A number that the output holds twice can be part of the service's display
 * name, and does not count.
 */
export function readNetError(output: Uint8Array): number | undefined {
  const all = paragraphs(readLines(output));
  const [error, last] = all.slice(-2);
  if (error === undefined || last === undefined) return undefined;
  const [, help] = last.join(" ").split("NET HELPMSG ");
  if (help !== undefined && /^\d/.test(help)) {
    const [number, ...others] = numbersOf(help);
    return others.length === 0 ? number : undefined;
  }
  const [number, ...others] = error.flatMap(numbersOf);
  // A list of services, which `net stop` shows before it asks whether to stop them too, is indented.
  if (error.length > 1 || others.length > 0 || /^\s/.test(error[0] ?? "")) return undefined;
  const everywhere = all.flat().flatMap(numbersOf);
  return everywhere.filter((n) => n === number).length === 1 ? number : undefined;
}

/** Lines, parted where there are blank ones. */
function paragraphs(lines: string[]): string[][] {
  const found: string[][] = [[]];
  for (const line of lines) {
    if (line.trim() !== "") found.at(-1)!.push(line);
    else if (found.at(-1)!.length > 0) found.push([]);
  }
  return found.filter((paragraph) => paragraph.length > 0);
}

/**
 * What parts groups of three digits in some locale: comma, dot, apostrophe, blank, no-break or narrow blank; as UTF-16
 * and, byte by byte, in UTF-8 and the code pages 1252, 850 and 866.
 */
const separator = /(?:[,.' \u2019\u00a0\u202f\x92\xff]|\xc2\xa0|\xe2\x80[\x99\xaf])/;

const integer = new RegExp(
  String.raw`(?<![\w.,']|\d${separator.source})` +
    String.raw`(?:\d{1,3}(?:${separator.source}\d{3})+|\d+)(?!\w|${separator.source}\d)`,
  "g",
);

/** The whole numbers that stand alone, not within a word or a number with a fraction; of five digits at most. */
function numbersOf(line: string): number[] {
  return Array.from(line.matchAll(integer), ([digits]) => Number(digits.replaceAll(/\D/g, "")))
    .filter((number) => number < 100_000);
}
