/**
 * Rules that a module's definition is held to, part by part.
 *
 * @module
 */
import { expectedOneOf, isObject, type Problem, refuseReserved } from "../base/mod.ts";
import { ARGUMENT_TYPES } from "./arguments.ts";

/** A rule for a value: what would be right, as a clause, and whether a value is. */
export type Rule = readonly [expected: string, fits: (value: unknown) => boolean];

const isText = (value: unknown) => typeof value === "string";
const isFunction = (value: unknown) => typeof value === "function";

/** A text. */
export const TEXT: Rule = ["expected text in quotes", isText];
/** Yes or no. */
export const FLAG: Rule = ["expected true or false", (value) => typeof value === "boolean"];
/** A number; it may be infinite. */
export const NUMBER: Rule = [
  "expected a number",
  (value) => typeof value === "number" && !Number.isNaN(value),
];
/** A function. */
export const FUNCTION: Rule = ["expected a function", isFunction];
/** A daemon's work. */
export const RUN: Rule = ["add a function: run(context) { ... }", isFunction];
/** A list of texts. */
export const TEXTS: Rule = [
  "expected a list of texts",
  (value) => Array.isArray(value) && value.every(isText),
];
/** The kind of an argument. */
export const TYPE: Rule = oneOf(ARGUMENT_TYPES);
/** The name of a map or of a task. */
export const MEMBER_NAME: Rule = [
  "expected letters, digits and _, a letter first, at most 64",
  (name) => /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(String(name)),
];
/** A choice of texts. */
export function oneOf(choices: readonly string[]): Rule {
  return [expectedOneOf(choices), (value) => choices.some((choice) => choice === value)];
}

/** What can be written in the configuration, and typed before an equals sign. */
export const ARGUMENT_NAME: Rule = [
  "expected letters, digits, _, - and ., a letter first, at most 64, and no reserved name",
  (name) => /^[A-Za-z][\w.-]{0,63}$/.test(String(name)) && !refuseReserved(String(name)),
];

/** Holds a value to a rule. */
export function check(value: unknown, path: string[], [expected, fits]: Rule): Problem[] {
  return fits(value) ? [] : [{ path, value, expected }];
}

/** Checks the keys that are there. */
export function checkKeys(
  object: Record<string, unknown>,
  rules: Readonly<Record<string, Rule>>,
): Problem[] {
  const present = Object.entries(rules).filter(([key]) => object[key] !== undefined);
  return present.flatMap(([key, rule]) => check(object[key], [key], rule));
}

/** Checks what is in an object; an absent one is right. */
export function inObject(
  value: unknown,
  path: string[],
  problems: (object: Record<string, unknown>) => Problem[],
  expected = "expected an object: { ... }",
): Problem[] {
  if (value === undefined) return [];
  if (!isObject(value)) return [{ path, value, expected }];
  return problems(value).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

/** Checks an object of parts with names. */
export function inEach(
  value: unknown,
  key: string,
  [expected, isName]: Rule,
  problems: (part: unknown, path: string[]) => Problem[],
): Problem[] {
  return inObject(value, [key], (parts) =>
    Object.entries(parts).flatMap(([name, part]) => {
      if (isName(name)) return problems(part ?? null, [name]);
      return [{ path: [name], value: part, fault: "unusable name", expected }];
    }));
}
