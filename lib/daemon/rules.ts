/**
 * Rules that a module's definition is held to, and how they are put together.
 *
 * @module
 */
import { expectedOneOf, isObject, type Problem, refuseReserved, suggest } from "../base/mod.ts";

/** Says what is wrong with a value; the paths of the problems begin with `path`. */
export type Rule = (value: unknown, path: readonly string[]) => Problem[];

/** Holds a value to one test. @param expected what would be right, as a clause. */
export function is(expected: string, fits: (value: unknown) => boolean): Rule {
  return (value, path) => fits(value) ? [] : [{ path, value, expected }];
}

/** Takes an absent value, too. */
export function optional(rule: Rule): Rule {
  return (value, path) => value === undefined ? [] : rule(value, path);
}

/** One of some texts. */
export function oneOf(choices: readonly string[]): Rule {
  return is(expectedOneOf(choices), (value) => choices.some((choice) => choice === value));
}

/**
 * Holds each part of an object to its rule.
 *
 * @param unknown what is said of a part without a rule. Default: it is right.
 */
export function object(
  rules: Readonly<Record<string, Rule>>,
  expected: string = EXPECTED_OBJECT,
  unknown?: string,
): Rule {
  return (value, path) => {
    if (!isObject(value)) return [{ path, value, expected }];
    const known = Object.keys(rules);
    const others = Object.keys(value).filter((key) => unknown && !known.includes(key));
    return [
      ...known.flatMap((key) => rules[key]!(value[key], [...path, key])),
      ...others.map((key) => ({
        path: [...path, key],
        value: value[key],
        fault: unknown!,
        expected: suggest(key, known),
      })),
    ];
  };
}

/** Holds each part of an object to one rule, and its name to another. */
export function each(name: Rule, part: Rule): Rule {
  return (value, path) => {
    if (!isObject(value)) return [{ path, value, expected: EXPECTED_OBJECT }];
    return Object.entries(value).flatMap(([key, inner]) => {
      const below = [...path, key];
      const [unusable] = name(key, below);
      return unusable
        ? [{ ...unusable, value: inner, fault: "unusable name" }]
        : part(inner, below);
    });
  };
}

const EXPECTED_OBJECT = "expected an object: { ... }";

const isText = (value: unknown) => typeof value === "string";
const isFunction = (value: unknown) => typeof value === "function";

/** A text. */
export const TEXT: Rule = is("expected text in quotes", isText);
/** A list of texts. */
export const TEXTS: Rule = is(
  "expected a list of texts",
  (value) => Array.isArray(value) && value.every(isText),
);
/** Yes or no. */
export const FLAG: Rule = is("expected true or false", (value) => typeof value === "boolean");
/** A number; it may be infinite. */
export const NUMBER: Rule = is(
  "expected a number",
  (value) => typeof value === "number" && !Number.isNaN(value),
);
/** A function. */
export const FUNCTION: Rule = is("expected a function", isFunction);
/** A daemon's work. */
export const RUN: Rule = is("add a function: run(context) { ... }", isFunction);

/** The name of a map or of a task. */
export const MEMBER_NAME: Rule = is(
  "expected letters, digits and _, a letter first, at most 64",
  (name) => /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(String(name)),
);

/** What can be written in the configuration, and typed before an equals sign. */
export const ARGUMENT_NAME: Rule = is(
  "expected letters, digits, _, - and ., a letter first, at most 64, and no reserved name",
  (name) => /^[A-Za-z][\w.-]{0,63}$/.test(String(name)) && !refuseReserved(String(name)),
);

/** The name of a metric. */
export const METRIC_NAME: Rule = is(
  "expected small letters, digits and _, a letter first, at most 64, without _total at its end",
  (name) => /^[a-z][a-z0-9_]{0,63}$/.test(String(name)) && !/_total$/.test(String(name)),
);

/** The label of a metric. */
export const LABEL: Rule = is(
  "expected small letters, digits and _, a letter first, at most 64; daemon and le are taken",
  (name) => /^(?!(?:daemon|le)$)[a-z][a-z0-9_]{0,63}$/.test(String(name)),
);
