import {
  type Bounds,
  describeRange,
  expectedDuration,
  expectedNumber,
  expectedOneOf,
  expectedSize,
  isObject,
  isWithin,
  parseDuration,
  parseSize,
  type Problem,
  refuseReserved,
  suggest,
} from "../base/mod.ts";

/**
 * What a daemon accepts for one argument: plain data, so that it is cheap in every thread and an editor,
 * a schema and a help text can be made from it. An argument without a default must be given.
 *
 * A duration is written `5s` and read as milliseconds, a size `10MB` and bytes; a list holds strings, `minItems`
 * of them at least.
 * `check` sees a string, or each item of a list, and answers with what would be right (`expected a drive
 * such as C:`), or undefined when it is right.
 */
export type ArgumentSpec =
  & { description: string }
  & (
    | { type: "string"; default?: string; oneOf?: readonly string[]; check?: ArgumentCheck }
    | { type: "number"; default?: number; min?: number; max?: number; integer?: boolean }
    | { type: "boolean"; default?: boolean }
    | { type: "duration"; default?: string; min?: string; max?: string }
    | { type: "size"; default?: string; min?: string; max?: string }
    | { type: "list"; default?: readonly string[]; minItems?: number; check?: ArgumentCheck }
  );

/** What would be right instead of `value`, as a clause of a message; undefined when it is right. */
export type ArgumentCheck = (value: string) => string | undefined;

/** A daemon's arguments by name. */
export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;

interface ValueTypes {
  string: string;
  number: number;
  boolean: boolean;
  duration: number;
  size: number;
  list: readonly string[];
}

/** What a daemon gets for its arguments: durations in ms, sizes in bytes. */
export type ArgumentValues<S extends ArgumentSpecs> = {
  readonly [K in keyof S]: ValueTypes[S[K]["type"]];
};

/**
 * Reads the arguments in `given` (an object, or undefined for none) as `specs` say, and fills in the
 * defaults.
 *
 * @returns the values of the arguments that are right (all of them, when there are no problems), and
 * every problem, its path beginning with the argument's name.
 * @throws {TypeError} when a bound in `specs` is no duration or size: a mistake of the daemon's author.
 */
export function readArguments<S extends ArgumentSpecs>(
  specs: S,
  given: unknown = {},
): { values: ArgumentValues<S>; problems: Problem[] } {
  const values: Record<string, unknown> = {};
  if (!isObject(given)) {
    const problem = { path: [], value: given, expected: "expected an object of arguments" };
    return { values: values as ArgumentValues<S>, problems: [problem] };
  }
  const known = Object.entries(withDefaults(specs, given)).flatMap(([name, value]) => {
    const problems = argumentProblems(specs[name]!, value, [name]);
    if (problems.length === 0) values[name] = valueOf(specs[name]!, value);
    return problems;
  });
  const problems = [...unknownArguments(specs, given), ...known];
  return { values: values as ArgumentValues<S>, problems };
}

/** The arguments as the configuration writes them: the given one, else its default, else undefined. */
export function withDefaults(
  specs: ArgumentSpecs,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const written = ([name, spec]: [string, ArgumentSpec]) =>
    [name, Object.hasOwn(given, name) ? given[name] : spec.default] as const;
  return Object.fromEntries(Object.entries(specs).map(written));
}

const EXPECTED_TEXT = "expected text in double quotes";

/** What can be written in the configuration, and typed before an equals sign. */
const NAME = /^[A-Za-z][\w.-]{0,63}$/;

const EXPECTED_NAME =
  "expected letters, digits, _, - and ., a letter first, at most 64, and no reserved name";

const TYPES = ["string", "number", "boolean", "duration", "size", "list"];

/** What is wrong with a daemon's own statement of its arguments: a mistake of its author. */
export function specProblems(specs: Record<string, unknown>): Problem[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    if (!NAME.test(name) || refuseReserved(name) !== undefined) {
      return [{ path: [name], value: spec, fault: "unusable name", expected: EXPECTED_NAME }];
    }
    if (!isObject(spec)) {
      return [{ path: [name], value: spec, expected: "expected { type, description }" }];
    }
    const { type, description = "", default: fallback } = spec;
    if (!TYPES.includes(String(type))) {
      return [{ path: [name, "type"], value: type, expected: expectedOneOf(TYPES) }];
    }
    if (typeof description !== "string") {
      return [{ path: [name, "description"], value: description, expected: EXPECTED_TEXT }];
    }
    const wrong = boundProblems(spec as ArgumentSpec, name);
    if (wrong.length > 0 || fallback === undefined) return wrong;
    return argumentProblems(spec as ArgumentSpec, fallback, [name, "default"]);
  });
}

function boundProblems(spec: ArgumentSpec, name: string): Problem[] {
  if (spec.type !== "duration" && spec.type !== "size") return [];
  const parse = spec.type === "duration" ? parseDuration : parseSize;
  const expected = (spec.type === "duration" ? expectedDuration : expectedSize)({});
  return (["min", "max"] as const)
    .filter((end) => spec[end] !== undefined && parse(String(spec[end])) === undefined)
    .map((end) => ({ path: [name, end], value: spec[end], expected }));
}

function unknownArguments(specs: ArgumentSpecs, given: Record<string, unknown>): Problem[] {
  const known = Object.keys(specs);
  return Object.entries(given)
    .filter(([name]) => !Object.hasOwn(specs, name))
    .map(([name, value]) => (
      { path: [name], value, fault: "unknown argument", expected: suggest(name, known) }
    ));
}

function argumentProblems(spec: ArgumentSpec, value: unknown, path: string[]): Problem[] {
  if (value === undefined) {
    const meaning = spec.description ? `: ${spec.description}` : "";
    return [{ path, value, fault: "missing", expected: `it has no default${meaning}` }];
  }
  if (spec.type === "list" && Array.isArray(value) && value.length >= (spec.minItems ?? 0)) {
    const item: ArgumentSpec = { ...spec, type: "string", default: undefined };
    return value.flatMap((text, index) => argumentProblems(item, text, [...path, String(index)]));
  }
  const expected = refusal(spec, value);
  return expected === undefined ? [] : [{ path, value, expected }];
}

/** What would be right instead of `value`; undefined when it is right. */
function refusal(spec: ArgumentSpec, value: unknown): string | undefined {
  switch (spec.type) {
    case "string":
      return refuseText(value, spec.oneOf, spec.check);
    case "number":
      return isNumber(value, spec) ? undefined : expectedNumber(spec, spec.integer);
    case "boolean":
      return typeof value === "boolean" ? undefined : "expected true or false";
    case "duration":
      return refuseQuantity(value, parseDuration, bounds(spec, parseDuration), expectedDuration);
    case "size":
      return refuseQuantity(value, parseSize, bounds(spec, parseSize), expectedSize);
    case "list":
      return `expected a list of texts in square brackets${describeRange({ min: spec.minItems })}`;
  }
}

function refuseText(
  value: unknown,
  oneOf: readonly string[] | undefined,
  check: ArgumentCheck | undefined,
): string | undefined {
  if (oneOf) return oneOf.some((known) => known === value) ? undefined : expectedOneOf(oneOf);
  return typeof value === "string" ? check?.(value) : EXPECTED_TEXT;
}

function isNumber(value: unknown, spec: Bounds & { integer?: boolean }): boolean {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  return isWithin(value, spec) && (!spec.integer || Number.isInteger(value));
}

type Parse = (text: string) => number | undefined;

function refuseQuantity(
  value: unknown,
  parse: Parse,
  bounds: Bounds,
  expected: (bounds: Bounds) => string,
): string | undefined {
  const quantity = typeof value === "string" ? parse(value) : undefined;
  return quantity !== undefined && isWithin(quantity, bounds) ? undefined : expected(bounds);
}

function bounds(spec: { min?: string; max?: string }, parse: Parse): Bounds {
  const bound = (text: string | undefined) => {
    if (text === undefined) return undefined;
    const quantity = parse(text);
    if (quantity === undefined) throw new TypeError(`Cannot use bound '${text}': no such quantity`);
    return quantity;
  };
  return { min: bound(spec.min), max: bound(spec.max) };
}

function valueOf(spec: ArgumentSpec, value: unknown): unknown {
  if (spec.type === "duration") return parseDuration(String(value));
  return spec.type === "size" ? parseSize(String(value)) : value;
}
