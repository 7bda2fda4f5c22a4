/**
 * Command lines of Windows: one string, which each program takes apart by itself, by the rules of Microsoft's
 * C runtime ("Parsing C command-line arguments"), and which `cmd` reads before that by rules of its own.
 *
 * @module
 */

/** A program and its arguments. */
export type CommandWords = readonly string[];

/** Stands for a password in commands that are shown. */
export const PASSWORD = "********";

/** One argument in a command line, quoted if it must be. */
export function quoteArgument(argument: string): string {
  return argument !== "" && !/[\s"]/.test(argument) ? argument : quoteAlways(argument);
}

/** One argument in quotes; a backslash is special only before a quote. */
function quoteAlways(argument: string): string {
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, "$&$&")}"`;
}

/**
 * A program and its arguments as one command line. The program's path is always quoted: of an unquoted path with
 * spaces Windows would try `C:\Program.exe` first.
 */
export function commandLine(program: string, args: readonly string[]): string {
  return [quoteAlways(program), ...args.map(quoteArgument)].join(" ");
}

/** The arguments in a command line, the program first: the inverse of {@linkcode commandLine}. */
export function splitCommandLine(line: string): string[] {
  const [program = "", rest] = splitProgram(line.trim());
  return line.trim() === "" ? [] : [program, ...splitArguments(rest)];
}

/**
 * The program and the arguments of a service, which somebody may have registered without quotes around a path with
 * blanks: there Windows tries one blank after the other, and what is meant ends in `.exe`.
 */
export function splitServiceLine(line: string): string[] {
  const [program] = /^[^"]*?\.exe(?=\s|$)/i.exec(line.trim()) ?? [];
  if (program === undefined) return splitCommandLine(line);
  return [program, ...splitArguments(line.trim().slice(program.length))];
}

/** A program's name ends at a quote or a blank, and a backslash in it is never special. */
function splitProgram(line: string): [program: string, rest: string] {
  const [whole = "", quoted, plain] = /^(?:"([^"]*)"?|([^\s"]+))/.exec(line) ?? [];
  return [quoted ?? plain ?? "", line.slice(whole.length)];
}

function splitArguments(text: string): string[] {
  const found: string[] = [];
  let current: string | undefined;
  let quoted = false;
  for (const [piece, slashes] of text.matchAll(/(\\+)"|""|"|\s|\\+|[^\\"\s]+/g)) {
    if (slashes !== undefined) {
      current = (current ?? "") + "\\".repeat(slashes.length >> 1);
      if (slashes.length % 2 === 1) current += '"';
      else quoted = !quoted;
    } else if (piece === '""') {
      current = (current ?? "") + (quoted ? '"' : "");
    } else if (piece === '"') {
      current ??= "";
      quoted = !quoted;
    } else if (/^\s$/.test(piece) && !quoted) {
      if (current !== undefined) found.push(current);
      current = undefined;
    } else {
      current = (current ?? "") + piece;
    }
  }
  return current === undefined ? found : [...found, current];
}

/**
 * A command line to paste into `cmd`. `cmd` knows no `\"`: to it each quote opens or closes, and within quotes it
 * still replaces `%NAME%`. So in an argument with a quote and a character that is special to `cmd`, or with a percent
 * sign, each of these has a caret before it.
 */
export function pasteLine(program: string, args: readonly string[]): string {
  return [program, ...args].map(pasteArgument).join(" ");
}

function pasteArgument(argument: string): string {
  const quoted = /[\s"&|<>^()%!]/.test(argument) ? quoteAlways(argument) : quoteArgument(argument);
  const needsCarets = /%/.test(argument) || /"[^]*[&|<>^()!]|[&|<>^()!][^]*"/.test(argument);
  return needsCarets ? quoted.replace(/["&|<>^()%!]/g, "^$&") : quoted;
}
