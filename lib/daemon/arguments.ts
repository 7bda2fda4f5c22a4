import {
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
  suggest,
} from "../base/mod.ts";

/**
 * What a daemon accepts for one argument: plain data, so that it is cheap in every thread and an editor,
 * a schema and a help text can be made from it. An argument without a default must be given.
 *
 * A duration is written `5s` and read as milliseconds, a size `10MB` and bytes; a list holds strings, `minItems`
 * of them at least.
 * `check` sees a string, or each item of a list, and answers with what would be right (`expected a drive
 * such as C:`), or undefined when it is right. `checkTogether` does the same with all arguments, as `run` gets them, once
 * each is right by itself; an answer `{ warning }` is said, and the daemon runs.
 */
export type ArgumentSpec =
  & {
    description: string;
    checkTogether?(
      values: ArgumentValues<ArgumentSpecs>,
    ): string | { warning: string } | undefined;
  }
  & (
    | { type: "string"; default?: string; oneOf?: readonly string[]; check?: ArgumentCheck }
    | { type: "number"; default?: number; min?: number; max?: number; integer?: boolean }
    | { type: "boolean"; default?: boolean }
    | { type: "duration"; default?: string; min?: string; max?: string }
    | { type: "size"; default?: string; min?: string; max?: string }
    | { type: "list"; default?: readonly string[]; minItems?: number; check?: ArgumentCheck }
  );

/**
 * What would be right instead of `value`, as a clause of a message; undefined when it is right. Of a list it is also
 * given the items before this one.
 */
export type ArgumentCheck = (value: string, before?: readonly string[]) => string | undefined;

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
 * every problem and warning, its path beginning with the argument's name; with warnings alone the daemon can run.
 */
export function readArguments<S extends ArgumentSpecs>(
  specs: S,
  given: unknown = {},
): { values: ArgumentValues<S>; problems: Problem[]; warnings: Problem[] } {
  const values: Record<string, unknown> = {};
  if (!isObject(given)) {
    const problem = { path: [], value: given, expected: "expected an object of arguments" };
    return { values: values as ArgumentValues<S>, problems: [problem], warnings: [] };
  }
  const written = withDefaults(specs, given);
  const known = Object.entries(written).flatMap(([name, value]) => {
    const problems = argumentProblems(specs[name]!, value, [name]);
    if (problems.length === 0) values[name] = valueOf(specs[name]!, value);
    return problems;
  });
  const problems = [...unknownArguments(specs, given), ...known];
  const warnings: Problem[] = [];
  for (const [name, spec] of Object.entries(known.length > 0 ? {} : specs)) {
    const said = spec.checkTogether?.(values as ArgumentValues<ArgumentSpecs>);
    if (said === undefined) continue;
    const problem = { path: [name], value: written[name] };
    if (typeof said === "string") problems.push({ ...problem, expected: said });
    else warnings.push({ ...problem, expected: said.warning });
  }
  return { values: values as ArgumentValues<S>, problems, warnings };
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

/** The kinds of arguments. */
export const ARGUMENT_TYPES: readonly ArgumentSpec["type"][] = [
  "string",
  "number",
  "boolean",
  "duration",
  "size",
  "list",
];

function unknownArguments(specs: ArgumentSpecs, given: Record<string, unknown>): Problem[] {
  const known = Object.keys(specs);
  return Object.entries(given)
    .filter(([name]) => !Object.hasOwn(specs, name))
    .map(([name, value]) => (
      { path: [name], value, fault: "unknown argument", expected: suggest(name, known) }
    ));
}

/** What is wrong with a value for an argument; their paths begin with `path`. */
export function argumentProblems(spec: ArgumentSpec, value: unknown, path: string[]): Problem[] {
  if (value === undefined) {
    const meaning = spec.description ? `: ${spec.description}` : "";
    return [{ path, value, fault: "missing", expected: `it has no default${meaning}` }];
  }
  if (spec.type === "list" && Array.isArray(value) && value.length >= (spec.minItems ?? 0)) {
    return value.flatMap((text, index) => {
      const check = (text: string) => spec.check?.(text, value.slice(0, index));
      const item = { description: spec.description, type: "string", check } as const;
      return argumentProblems(item, text, [...path, String(index)]);
    });
  }
  const expected = refusal(spec, value);
  return expected === undefined ? [] : [{ path, value, expected }];
}

/** What reads a quantity, and what is right within bounds. */
const QUANTITIES = {
  duration: { parse: parseDuration, expected: expectedDuration },
  size: { parse: parseSize, expected: expectedSize },
} as const;

/** What would be right instead of `value`; undefined when it is right. */
function refusal(spec: ArgumentSpec, value: unknown): string | undefined {
  switch (spec.type) {
    case "string":
      if (!spec.oneOf) return typeof value === "string" ? spec.check?.(value) : EXPECTED_TEXT;
      return spec.oneOf.includes(value as string) ? undefined : expectedOneOf(spec.oneOf);
    case "number": {
      const fits = typeof value === "number" && Number.isFinite(value) && isWithin(value, spec) &&
        (!spec.integer || Number.isInteger(value));
      return fits ? undefined : expectedNumber(spec, spec.integer);
    }
    case "boolean":
      return typeof value === "boolean" ? undefined : "expected true or false";
    case "duration":
    case "size": {
      const { parse, expected } = QUANTITIES[spec.type];
      const bounds = { min: parse(spec.min ?? ""), max: parse(spec.max ?? "") };
      const quantity = typeof value === "string" ? parse(value) : undefined;
      return quantity !== undefined && isWithin(quantity, bounds) ? undefined : expected(bounds);
    }
    case "list":
      return `expected a list of texts in square brackets${describeRange({ min: spec.minItems })}`;
  }
}

function valueOf(spec: ArgumentSpec, value: unknown): unknown {
  const isQuantity = spec.type === "duration" || spec.type === "size";
  return isQuantity ? QUANTITIES[spec.type].parse(String(value)) : value;
}
