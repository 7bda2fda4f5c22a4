import { plainSystem, sanitizeLines, toJson } from "../base/mod.ts";

const encoder = new TextEncoder();
let lost: unknown;

let isPrinted = false;

/** Whether something was printed on standard output since the last call. */
export function takePrinted(): boolean {
  const was = isPrinted;
  isPrinted = false;
  return was;
}

/** What is called when standard output takes no more. */
const ends = new Set<() => void>();

/**
 * The error that has kept something from standard output since the last call, such as a full disk; undefined when there
 * was none.
 */
export function takeLostOutput(): unknown {
  const error = lost;
  lost = undefined;
  return error;
}

/**
 * Calls `then` at each write that standard output does not take: its reader is gone, or its disk is full.
 *
 * @returns ends that.
 */
export function onOutputEnd(then: () => void): () => void {
  ends.add(then);
  return () => void ends.delete(then);
}

/** What `paint` writes around a text. */
// deno-lint-ignore no-control-regex
const PAINT = /(\x1b\[(?:1|2|22|31|32|33|39)m)/;

/** Makes lines safe for a terminal, even if a caller has not sanitized them; colours stay. */
export function sanitizePainted(text: string): string {
  return text.split(PAINT).map((part, i) => i % 2 === 1 ? part : sanitizeLines(part)).join("");
}

/** Prints text and a line end on standard output. */
export function print(text: string): void {
  write(Deno.stdout, text);
}

/** Prints text and a line end on standard error. */
export function printError(text: string): void {
  write(Deno.stderr, text);
}

/** Prints a value as JSON on standard output. */
export function printJson(value: unknown): void {
  print(toJson(value, 2));
}

/** A closed pipe, or a service without a console, is not an error. What writes for long ends ({@linkcode onOutputEnd}). */
function write(stream: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  isPrinted ||= stream === Deno.stdout;
  try {
    let rest = encoder.encode(`${sanitizePainted(text)}\n`);
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
  } catch (error) {
    if (stream !== Deno.stdout) return;
    if (!isGone(error)) lost = error;
    ends.forEach((end) => end());
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource;
}

/** Colours a text for a terminal; without colours the text does not change. */
export type Paint = Readonly<
  Record<"bold" | "dim" | "green" | "yellow" | "red", (text: string) => string>
>;

/** Whether standard output takes colours: it is a terminal, and `NO_COLOR` is empty (https://no-color.org). */
export function isColourful(): boolean {
  return Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
}

/** Functions that colour a text; without `colourful` they return it unchanged. */
export function paint(colourful: boolean): Paint {
  const code = (start: number, end: number) => (text: string) =>
    colourful ? `\x1b[${start}m${text}\x1b[${end}m` : text;
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    green: code(32, 39),
    yellow: code(33, 39),
    red: code(31, 39),
  };
}

const DENIED = "access is denied";

/**
 * An error's text, in which a usual cause reads the same on each system: without the system's number and language; and
 * with what to do where a right is missing.
 *
 * @param os the system whose numbers these are. Default: this one's.
 */
export function explainSystem(text: string, os: typeof Deno.build.os = Deno.build.os): string {
  const plain = plainSystem(text, os);
  const isDenied = plain.endsWith(`: ${DENIED}`) || (plain !== text && plain.includes(DENIED));
  if (!isDenied || /administrator/.test(plain)) return plain;
  return `${plain}; ${
    os === "windows" ? deniedOnWindows(plain) : "use an account with that right"
  }`;
}

/** Windows denies a change of a file that is marked read-only, or that is open in a program, in the same words. */
function deniedOnWindows(text: string): string {
  const todo = "open the console as administrator";
  if (!text.startsWith("Cannot write ")) return todo;
  return `${todo}, and see whether the file is read-only, or open in another program`;
}
