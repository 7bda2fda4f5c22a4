/** One thing that is wrong with a configuration or with a daemon's arguments. */
export interface Problem {
  /** The keys that lead to it, from the top; empty for the whole. */
  path: readonly string[];
  /** What stands there; undefined when nothing does. */
  value: unknown;
  /** What is wrong with the key, where it is not its value: `unknown key`. */
  fault?: string;
  /** What would be right, as a clause: `expected a duration such as 5s`, `did you mean "interval"?`. */
  expected: string;
}

/** A problem and its place in the file: line and column from 1, the column in UTF-16 code units. */
export interface PlacedProblem extends Problem {
  /** Absent when the problem is the file itself. */
  line?: number;
  /** Absent when the problem is the file itself. */
  column?: number;
}

/** How much of a value, a key or a piece of the file a message quotes, in UTF-16 code units. */
const MAX_QUOTE = 60;

/** How many problems a message lists; a broken file can have a hundred thousand. */
const MAX_LINES = 100;

/** A configuration that cannot be used. Its message has one line a problem, in the file's order. */
export class ConfigError extends Error {
  override name = "ConfigError";

  /** `problems` are all that is wrong with `file`; the message lists the first 100. */
  constructor(readonly file: string, readonly problems: readonly PlacedProblem[]) {
    super(message(file, problems));
  }
}

/** One problem on one line, without its place: `log.level: got "loud"; expected one of …`. */
export function describeProblem({ path, value, fault, expected }: Problem): string {
  const said = `${fault ?? `got ${show(value)}`}; ${expected}`;
  return printable(path.length === 0 ? said : `${path.map(showKey).join(".")}: ${said}`);
}

/** The choice among `values`, as an error message says it. */
export function expectedOneOf(values: readonly string[]): string {
  return `expected one of ${values.map(show).join(", ")}`;
}

/** The beginning of a text, as much as a message quotes. */
export function excerpt(text: string): string {
  if (text.length <= MAX_QUOTE) return text;
  return `${text.slice(0, MAX_QUOTE).replace(/[\ud800-\udbff]$/, "")}...`;
}

function show(value: unknown): string {
  if (typeof value === "string") return `"${excerpt(value).replace(/[\\"]/g, "\\$&")}"`;
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (value === Infinity || value === -Infinity) return "a number too large to hold";
  return String(value);
}

function showKey(key: string): string {
  return /^\w{1,60}$/.test(key) ? key : show(key);
}

const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Escapes what would break a line, move a terminal's cursor, turn text around or be invisible. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    const hex = units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`);
    return ESCAPES[character] ?? hex.join("");
  });
}

function message(file: string, problems: readonly PlacedProblem[]): string {
  const name = printable(file);
  const lines = problems.slice(0, MAX_LINES).map((problem) => {
    const place = problem.line === undefined ? "" : `:${problem.line}:${problem.column}`;
    return `${name}${place}: ${describeProblem(problem)}`;
  });
  const more = problems.length - lines.length;
  return (more > 0 ? [...lines, `${name}: ${more} more problems`] : lines).join("\n");
}
