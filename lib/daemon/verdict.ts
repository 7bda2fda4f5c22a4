import { isObject, parseDuration } from "../base/mod.ts";

/** How well a daemon finds what it looks at, as a plugin says it. */
export const verdictLevels = ["ok", "warning", "critical", "unknown"] as const;

/** See {@linkcode verdictLevels}. */
export type VerdictLevel = typeof verdictLevels[number];

/** The units of a number: seconds, bytes, percent, a counter, or none. */
export const verdictUnits = ["", "s", "B", "%", "c"] as const;

/** A number of a verdict, with what plugins say of one. */
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

/** What a daemon has said last of what it looks at. */
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
  const { ttl } = isObject(options) ? options : {};
  const ms = typeof ttl === "string" ? parseDuration(ttl) : ttl;
  if (ttl !== undefined && !(typeof ms === "number" && ms > 0 && ms < 1e12)) {
    refuse("ttl", ttl, "ms or a duration such as 5m");
  }
  return {
    level: known,
    text: text as string,
    at: new Date(now).toISOString(),
    ...(typeof ms === "number" && { until: new Date(now + ms).toISOString() }),
    numbers: readNumbers(numbers),
  };
}

function readNumbers(numbers: unknown): Record<string, VerdictNumber> {
  if (!isObject(numbers)) refuse("numbers", numbers, "an object of numbers");
  const entries = Object.entries(numbers as Record<string, unknown>);
  if (entries.length > MOST_NUMBERS) refuse("numbers", entries.length, `at most ${MOST_NUMBERS}`);
  return Object.fromEntries(entries.map(([name, given]) => {
    if (!NAME.test(name)) refuse("name", name, "letters, digits and _ . : \\ / -, at most 64");
    const number = readNumber(given);
    return [name, number ?? refuse(name, given, "a number, or { value, unit, … }")];
  }));
}

/** A number of a verdict; undefined when the value is none. */
export function readNumber(given: unknown): VerdictNumber | undefined {
  if (typeof given === "number") return Number.isFinite(given) ? { value: given } : undefined;
  if (!isObject(given)) return undefined;
  const { value, unit, warning, critical, min, max } = given;
  const isRange = (range: unknown) => typeof range === "string" && RANGE.test(range);
  const fits = Number.isFinite(value) &&
    (unit === undefined || (verdictUnits as readonly unknown[]).includes(unit)) &&
    [warning, critical].every((range) => range === undefined || isRange(range)) &&
    [min, max].every((bound) => bound === undefined || Number.isFinite(bound));
  if (!fits) return undefined;
  const known = Object.entries({ value, unit, warning, critical, min, max })
    .filter(([, part]) => part !== undefined);
  return Object.fromEntries(known) as unknown as VerdictNumber;
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

function refuse(part: string, value: unknown, expected: string): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new TypeError(`Cannot report: ${part} is ${shown.slice(0, 100)}; expected ${expected}`);
}
