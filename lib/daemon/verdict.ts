import { cut, describeProblem, isObject } from "../base/mod.ts";
import { each, is, object, oneOf, optional, TEXT } from "./rules.ts";
import { readSpan } from "./timing.ts";

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

/** Numbers of one verdict. */
const MOST_NUMBERS = 50;

const FINITE = is("expected a number", Number.isFinite);

const NAME = is(
  "expected letters, digits, blanks and _ . : \\ / -, at most 64 characters",
  (name) => /^[A-Za-z0-9_.:\\/ -]{1,64}$/.test(String(name)),
);

const RANGE = is(
  'expected a range in quotes, such as "10:"',
  (value) => typeof value === "string" && /^@?[~\d.:+-]{1,40}$/.test(value),
);

const PARTS = object(
  {
    value: FINITE,
    unit: optional(oneOf(verdictUnits)),
    warning: optional(RANGE),
    critical: optional(RANGE),
    min: optional(FINITE),
    max: optional(FINITE),
  },
  "expected a number, or { value, unit, … }",
  "unknown key",
);

/** What an author hands over; a misspelt key would be without effect. */
const GIVEN = object({
  level: oneOf(verdictLevels),
  text: TEXT,
  numbers: each(NAME, (value, path) => Number.isFinite(value) ? [] : PARTS(value, path)),
  options: object(
    {
      ttl: optional(is("expected ms or a duration such as 5m", (ttl) => {
        const ms = readSpan(ttl) ?? 0;
        return ms > 0 && ms < 1e12;
      })),
    },
    "expected { ttl }",
    "unknown key",
  ),
});

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
  const [wrong] = GIVEN({ level, text, numbers, options }, []);
  if (wrong) throw new TypeError(`Cannot report: ${describeProblem(wrong)}`);
  const entries = Object.entries(numbers as Record<string, number | VerdictNumber>);
  if (entries.length > MOST_NUMBERS) {
    throw new TypeError(
      `Cannot report: ${entries.length} numbers; expected ${MOST_NUMBERS} at most`,
    );
  }
  const ms = readSpan((options as ReportOptions).ttl);
  return {
    level: level as VerdictLevel,
    text: cut(text as string, MOST_TEXT),
    at: new Date(now).toISOString(),
    ...(ms !== undefined && { until: new Date(now + ms).toISOString() }),
    numbers: Object.fromEntries(
      entries.map((
        [name, given],
      ) => [name, typeof given === "number" ? { value: given } : withoutAbsent(given)]),
    ),
  };
}

function withoutAbsent(number: VerdictNumber): VerdictNumber {
  const present = Object.entries(number).filter(([, part]) => part !== undefined);
  return Object.fromEntries(present) as unknown as VerdictNumber;
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
