import { cut, isObject, parseDuration, suggest } from "../base/mod.ts";

/** The levels of a verdict, those of a plugin. */
export const verdictLevels = ["ok", "warning", "critical", "unknown"] as const;

/** See {@linkcode verdictLevels}. */
export type VerdictLevel = typeof verdictLevels[number];

/** The units of a number: seconds, bytes, percent, a counter, or none. */
export const verdictUnits = ["", "s", "B", "%", "c"] as const;

/** A number of a verdict, with unit and limits as in performance data. */
export interface VerdictNumber {
  value: number;
  /** `s`, `B`, `%`, or `c` for a counter. Default: none. */
  unit?: typeof verdictUnits[number];
  /** The range that is no warning, as plugins write it: `10:` is 10 and more. For graphs alone. */
  warning?: string;
  /** The range that is not critical. */
  critical?: string;
  /** The least that it can be. */
  min?: number;
  /** The most that it can be. */
  max?: number;
}

/** How long a verdict holds. */
export interface ReportOptions {
  /** After this time without another one it counts as unknown: ms, or a duration such as `5m`. Default: it holds. */
  ttl?: number | string;
}

/** A daemon's last verdict on what it watches. */
export interface Verdict {
  level: VerdictLevel;
  text: string;
  /** When, UTC ISO 8601. */
  at: string;
  /** When it expires, UTC ISO 8601; absent when it does not. */
  until?: string;
  numbers: Readonly<Record<string, VerdictNumber>>;
}

/** The name of the daemon's map that holds its verdict, under the key `now`. */
export const VERDICT_MAP = "Verdict";

/** Characters of the text of one verdict. */
const MOST_TEXT = 1_000;

/** Numbers of one verdict, and characters of their names. */
const MOST_NUMBERS = 50;
const NAME = /^[A-Za-z0-9_.:\\/ -]{1,64}$/;

const RANGE = /^@?[~\d.:+-]{1,40}$/;

/**
 * Makes a verdict of what an author gives; a daemon in JavaScript may hand over anything.
 *
 * @param now ms since the Unix epoch.
 * @throws {TypeError} when something is wrong with it; it names the part and what would be right.
 */
export function makeVerdict(
  level: unknown,
  text: unknown,
  numbers: unknown,
  options: unknown,
  now: number,
): Verdict {
  const known = verdictLevels.find((each) => each === level) ??
    refuse("level", level, `one of ${verdictLevels.join(", ")}`);
  if (typeof text !== "string") refuse("text", text, "a text");
  if (!isObject(options)) refuse("options", options, "{ ttl }");
  const { ttl } = options as { ttl?: unknown };
  refuseOthers("options", options as object, ["ttl"]);
  const ms = typeof ttl === "string" ? parseDuration(ttl) : ttl;
  if (ttl !== undefined && !(typeof ms === "number" && ms > 0 && ms < 1e12)) {
    refuse("ttl", ttl, "ms or a duration such as 5m");
  }
  return {
    level: known,
    text: cut(text as string, MOST_TEXT),
    at: new Date(now).toISOString(),
    ...(typeof ms === "number" && { until: new Date(now + ms).toISOString() }),
    numbers: readNumbers(numbers),
  };
}

function readNumbers(numbers: unknown): Record<string, VerdictNumber> {
  if (!isObject(numbers)) refuse("numbers", numbers, "an object of numbers");
  const entries = Object.entries(numbers as Record<string, unknown>);
  if (entries.length > MOST_NUMBERS) {
    refuse("numbers", `${entries.length} of them`, `at most ${MOST_NUMBERS}`);
  }
  return Object.fromEntries(entries.map(([name, given]) => {
    if (!NAME.test(name)) {
      refuse("name", name, "letters, digits, blanks and _ . : \\ / -, at most 64 characters");
    }
    return [name, readNumber(name, given)];
  }));
}

/** What each part of a number must be. */
const PARTS: Readonly<Record<string, [expected: string, fits: (value: unknown) => boolean]>> = {
  value: ["a number", Number.isFinite],
  unit: [
    `one of ${verdictUnits.map((unit) => `"${unit}"`).join(", ")}`,
    (value) => (verdictUnits as readonly unknown[]).includes(value),
  ],
  warning: ['a range in quotes, such as "10:"', isRange],
  critical: ['a range in quotes, such as "10:"', isRange],
  min: ["a number", Number.isFinite],
  max: ["a number", Number.isFinite],
};

function isRange(value: unknown): boolean {
  return typeof value === "string" && RANGE.test(value);
}

function readNumber(name: string, given: unknown): VerdictNumber {
  if (typeof given === "number" && Number.isFinite(given)) return { value: given };
  if (!isObject(given)) return refuse(name, given, "a number, or { value, unit, … }");
  refuseOthers(name, given, Object.keys(PARTS));
  const known = Object.entries(PARTS).flatMap(([part, [expected, fits]]) => {
    const value = given[part];
    if (value === undefined && part !== "value") return [];
    return [[part, fits(value) ? value : refuse(`${name}.${part}`, value, expected)]];
  });
  return Object.fromEntries(known) as VerdictNumber;
}

/** A verdict as it lies in the public state; undefined when the value is of another form. */
export function readVerdict(value: unknown): Verdict | undefined {
  if (!isObject(value)) return undefined;
  const { level, text, numbers, at, until } = value;
  try {
    const verdict = makeVerdict(level, text, numbers ?? {}, {}, Date.parse(String(at)));
    const end = until === undefined ? undefined : new Date(String(until)).toISOString();
    return end === undefined ? verdict : { ...verdict, until: end };
  } catch {
    return undefined;
  }
}

/** A misspelt key would be without effect. */
function refuseOthers(part: string, given: object, known: readonly string[]): void {
  const other = Object.keys(given).find((key) => !known.includes(key));
  if (other !== undefined) {
    throw new TypeError(
      `Cannot report: ${part} has an unknown '${other}'; ${suggest(other, known)}`,
    );
  }
}

function refuse(part: string, value: unknown, expected: string): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new TypeError(`Cannot report: ${part} is ${shown.slice(0, 100)}; expected ${expected}`);
}
