// deno-lint-ignore-file explicit-module-boundary-types -- valibot infers the types from what is built here.
import * as v from "valibot";
import {
  type Bounds,
  DURATION_PATTERN,
  expectedDuration,
  expectedNumber,
  expectedSize,
  isWithin,
  parseDuration,
  parseSize,
  SIZE_PATTERN,
} from "../base/mod.ts";

/** ms. */
export const SECOND = 1_000;
/** ms. */
export const MINUTE = 60_000;
/** Bytes. */
export const KB = 1024;
/** Bytes. */
export const MB = 1024 * KB;

const EXPECTED_TEXT = "expected text in double quotes";

/** Text that is not empty. */
export function text() {
  return v.pipe(v.string(EXPECTED_TEXT), v.nonEmpty("expected text that is not empty"));
}

/** A check of a text by a function that says what would be right instead, as a clause; undefined when it is right. */
export function refusedBy(refuse: (text: string) => string | undefined) {
  return v.check((text: string) => refuse(text) === undefined, ({ input }) => refuse(input) ?? "");
}

/** `true` or `false`. */
export function yesNo(description: string) {
  return v.pipe(v.boolean("expected true or false"), v.description(description));
}

/** A whole number within bounds. */
export function integer(description: string, bounds: Bounds) {
  const expected = expectedNumber(bounds, true);
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.check((value) => isWithin(value, bounds), expected),
    v.metadata({ description, minimum: bounds.min, maximum: bounds.max }),
  );
}

/** Text such as `5s` within bounds (ms), read as milliseconds. */
export function duration(description: string, bounds: Bounds) {
  return quantity(description, DURATION_PATTERN, parseDuration, expectedDuration, bounds);
}

/** The largest size that a configuration can name, bytes. */
const MOST_SIZE = 1024 * 1024 * MB;

/** Text such as `10MB` within bounds (bytes; the upper one is 1024GB at most), read as bytes. */
export function size(description: string, bounds: Bounds) {
  return quantity(description, SIZE_PATTERN, parseSize, expectedSize, {
    max: MOST_SIZE,
    ...bounds,
  });
}

/** Text with a unit, read as a number. The JSON schema needs the pattern. */
function quantity(
  description: string,
  pattern: RegExp,
  parse: (text: string) => number | undefined,
  expectedWithin: (bounds: Bounds) => string,
  bounds: Bounds,
) {
  const expected = expectedWithin(bounds);
  return v.pipe(
    v.string(expected),
    v.description(description),
    v.regex(pattern, expected),
    v.check((text) => isWithin(parse(text) ?? NaN, bounds), expected),
    v.transform((text) => parse(text)!),
  );
}

/** A check that keys of an object which need another one have it, by pairs of the two. */
export function needs<T extends object>(
  pairs: readonly (readonly [key: NoInfer<keyof T>, other: NoInfer<keyof T>])[],
) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { value: input } = dataset;
    for (const [key, other] of pairs) {
      const value = input[key];
      if (value === undefined || input[other] !== undefined) continue;
      const place = { type: "object", origin: "value", input, key, value } as const;
      addIssue({
        message: `expected "${String(other)}" as well`,
        path: [place as v.IssuePathItem],
      });
    }
  });
}
