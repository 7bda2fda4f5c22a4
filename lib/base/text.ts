/**
 * Foreign text as one line that is safe to print and to log: white space with a line break in it becomes one space, a
 * tab a space, any other control character (C0, C1) and mark of writing direction `�`. Blanks at both ends are removed.
 * Takes time in proportion to the text.
 */
export function sanitize(text: string): string {
  return text.replaceAll(/\s+/g, blank).replaceAll(UNSAFE, "�").trim();
}

/**
 * Foreign text of several lines that is safe to print and to log: line breaks and tabs stay; other control characters
 * and marks of writing direction become `�`.
 */
export function sanitizeLines(text: string): string {
  return text.replaceAll(UNSAFE_IN_LINES, (found) => found === "\r\n" ? found : "�");
}

/** Each run of white space is matched once: `\s*[\r\n]+\s*` takes quadratic time on a long run of blanks. */
function blank(run: string): string {
  return LINE_BREAK.test(run) ? " " : run.replaceAll("\t", " ");
}

const LINE_BREAK = /[\n\v\f\r\u2028\u2029]/;

/** Unsafe characters beyond C0, for a character class of a regular expression: C1, line separators, directions. */
export const OBEYED: string = String.raw`\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;

const UNSAFE = new RegExp(String.raw`[\x00-\x1f${OBEYED}]`, "g");

const UNSAFE_IN_LINES = new RegExp(String.raw`\r\n|[\x00-\x08\x0b-\x1f${OBEYED}]`, "g");

/** A number of things in words: `1 restart`, `2 restarts`. @param thing in the singular; its plural ends with `s`. */
export function counted(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** At most `max` characters (UTF-16 units, 1 at least) of a text; the last is `…` where something was cut. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1);
  // Do not cut a surrogate pair in half.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Escapes line breaks, control characters, marks of writing direction and invisible characters. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    const hex = units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`);
    return ESCAPES[character] ?? hex.join("");
  });
}

/**
 * A text whose addresses show no password: neither a user's, nor a value of the query whose key says that it is secret,
 * such as `token` or `api_key`; `***` stands for them.
 */
export function hideSecrets(text: string): string {
  return text.replace(/(:\/\/[^\s/?#:]*):[^\s/?#]*@/g, "$1:***@").replace(SECRET_VALUE, "$1***");
}

const SECRET_VALUE =
  /([?&][\w.-]*(?:pass(?:word|wd|phrase)?|pwd|token|secret|key|auth|signature|sig)=)[^\s&#"')]+/gi;

/** An IP address of 4 or 16 bytes as text, in the shortest form; IPv4 that is written in IPv6 as IPv4. */
export function formatIp(bytes: readonly number[]): string {
  const isMapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff && bytes[11] === 0xff;
  if (bytes.length === 4 || isMapped) return bytes.slice(-4).join(".");
  const words = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! << 8 | bytes[2 * i + 1]!);
  const text = words.map((word) => word.toString(16)).join(":");
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** A place in a text: both count from 1, the column in UTF-16 code units. */
export interface Position {
  line: number;
  column: number;
}

/**
 * Finds the position of each offset in `text`. A line ends with `\n`, `\r\n` or `\r`.
 *
 * The lines are searched once, so that a hundred thousand offsets cost little more than one.
 */
export function positions(text: string): (offset: number) => Position {
  const starts = [0];
  for (const end of text.matchAll(/\r\n|\r|\n/g)) starts.push(end.index + end[0].length);
  return (offset) => {
    const line = countUpTo(starts, offset);
    return { line, column: offset - starts[line - 1]! + 1 };
  };
}

/** How many of the ascending `starts` are at `offset` or before it. */
function countUpTo(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
