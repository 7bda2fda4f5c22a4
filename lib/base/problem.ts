import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { hideSecrets, printable } from "./text.ts";

/** One thing that is wrong with a configuration or with a daemon's arguments. */
export interface Problem {
  /** The keys that lead to it, from the top; empty for the whole. */
  path: readonly string[];
  /** The value there; undefined when there is none. */
  value: unknown;
  /** What is wrong with the key, where it is not its value: `unknown key`. */
  fault?: string;
  /** What would be right, as a clause: `expected a duration such as 5s`, `did you mean "interval"?`. */
  expected: string;
}

/** How much of a value, a key or a piece of the file a message quotes, in UTF-16 code units. */
const MAX_QUOTE = 60;

/** One problem on one line, without its place: `log.level: got "loud"; expected one of …`. */
export function describeProblem({ path, value, fault, expected }: Problem): string {
  const said = `${fault ?? `got ${show(value)}`}; ${expected}`;
  return printable(path.length === 0 ? said : `${path.map(showKey).join(".")}: ${said}`);
}

/** The clause of an error message that lists the possible values. */
export function expectedOneOf(values: readonly string[]): string {
  return `expected one of ${values.map(show).join(", ")}`;
}

/** The beginning of a text, as much as a message quotes. */
export function excerpt(text: string): string {
  if (text.length <= MAX_QUOTE) return text;
  return `${text.slice(0, MAX_QUOTE).replace(/[\ud800-\udbff]$/, "")}...`;
}

function show(value: unknown): string {
  if (typeof value === "string") {
    // A message is logged.
    return `"${excerpt(hideSecrets(value)).replace(/[\\"]/g, "\\$&")}"`;
  }
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (value === Infinity || value === -Infinity) return "a number too large to hold";
  return String(value);
}

function showKey(key: string): string {
  return /^\w{1,60}$/.test(key) ? key : show(key);
}

/** Names that Windows reserves for devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Keys that JavaScript treats specially in objects. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  "__proto__",
  "constructor",
  "prototype",
]);

/** Why a file or an entry of the configuration cannot have this name, as a clause; undefined when it can. */
export function refuseReserved(name: string): string | undefined {
  if (DEVICE.test(name)) return "a reserved name, that of a device of Windows";
  return RESERVED_KEYS.has(name)
    ? "a reserved name, which has a meaning of its own in JavaScript"
    : undefined;
}

/** Longer words are not compared, characters. */
const MAX_WORD = 64;

/**
 * What someone who wrote `word` may have meant, as an error message says it: the nearest known word when
 * it is plausibly close (two letters differ, or a third of them), else all that are known.
 */
export function suggest(word: string, known: readonly string[]): string {
  if (known.length === 0) return "none is known here";
  const nearest = word.length > MAX_WORD ? undefined : closestString(word, known);
  if (nearest && isClose(word.toLowerCase(), nearest.toLowerCase())) {
    return `did you mean "${nearest}"?`;
  }
  return `known: ${known.join(", ")}`;
}

function isClose(word: string, nearest: string): boolean {
  return levenshteinDistance(word, nearest) <= Math.max(2, Math.floor(nearest.length / 3));
}
