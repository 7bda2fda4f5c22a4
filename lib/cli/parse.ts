import { parseArgs } from "@std/cli/parse-args";
import {
  type Bounds,
  describeRange,
  excerpt,
  formatDuration,
  isWithin,
  parseDuration,
  suggest,
} from "../base/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../log/mod.ts";
import { type ServiceMode, serviceModes } from "../service/mod.ts";
import {
  COMMON_FLAGS,
  type FlagSpec,
  type FlagSpecs,
  type Invocation,
  UsageError,
} from "./command.ts";

/**
 * Reads a command line.
 *
 * A value or a word may begin with a dash where a number follows, as thresholds do: `-w -5:5`.
 *
 * @param flags the flags that may be given beside the common ones.
 * @param command whose flags these are, for an error message.
 * @throws {UsageError} for an unknown flag, a flag without its value, one with two, and a value where none is taken.
 */
export function parse(
  args: readonly string[],
  flags: FlagSpecs,
  command?: string,
): Invocation {
  const all: FlagSpecs = { ...COMMON_FLAGS, ...flags };
  const names = Object.keys(all);
  const string = names.filter((name) => all[name]!.value !== undefined);
  const many = string.filter((name) => all[name]!.many);
  const boolean = names.filter((name) => all[name]!.value === undefined);
  refuseValues(args, boolean, all);
  const parsed = parseArgs(joinNegative(args, string, all), {
    string: [...string, "_"],
    boolean,
    collect: string,
    alias: { h: "help", V: "version", ...shortNames(all) },
    unknown: (arg, key) => key === undefined || refuseFlag(arg, names, command),
  });
  const given = (name: string) => (parsed[name] ?? []) as string[];
  for (const name of string) {
    if (given(name).length > 1 && !many.includes(name)) {
      throw new UsageError(`Flag '--${name}' is given twice; give it once`);
    }
    if (given(name).includes("")) {
      throw new UsageError(`Flag '--${name}' needs a value: --${name} ${all[name]!.value}`);
    }
  }
  return {
    words: parsed._.map((word) => String(word).replace(WORD, "")),
    values: Object.fromEntries(
      string.filter((name) => !many.includes(name))
        .map((name) => [name, given(name)[0]]),
    ),
    lists: Object.fromEntries(many.map((name) => [name, given(name)])),
    given: new Set(boolean.filter((name) => parsed[name])),
  };
}

/** Begins a word that would be taken for a flag. */
const WORD = "\0";

/** Joins a value that begins with a dash to its flag: `-w -5:5` becomes `--warning=-5:5`. */
function joinNegative(args: readonly string[], string: readonly string[], all: FlagSpecs) {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const nameOf = (arg = "") =>
    string.find((name) => arg === `--${name}` || arg === `-${all[name]!.short}`);
  return args.flatMap((arg, i): string[] => {
    if (i >= end) return [arg];
    if (isNegative(arg) && nameOf(args[i - 1]) !== undefined) return [];
    const name = nameOf(arg);
    const next = args[i + 1];
    return name !== undefined && next !== undefined && isNegative(next)
      ? [`--${name}=${next}`]
      : [isNegative(arg) ? WORD + arg : arg];
  });
}

function isNegative(arg: string): boolean {
  return /^-\.?\d/.test(arg);
}

function shortNames(flags: FlagSpecs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, { short }]) =>
      short === undefined ? [] : [[short, name]]
    ),
  );
}

function refuseFlag(arg: string, names: readonly string[], command?: string): never {
  const flag = arg.replace(/=.*$/s, "");
  // Without a command it is the one that the help names: icinga-warden --foreground.
  const known = [...command === undefined ? ["foreground"] : [], ...names].map((name) =>
    `--${name}`
  );
  const of = command === undefined ? "" : ` of '${command}'`;
  throw new UsageError(`Unknown flag '${excerpt(flag)}'${of}; ${suggest(flag, known)}`);
}

function refuseValues(
  args: readonly string[],
  boolean: readonly string[],
  flags: FlagSpecs,
): void {
  for (const arg of args) {
    if (arg === "--") return;
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== undefined && boolean.includes(name)) {
      const got = flags[name]!.secret ? "" : `, and got '${excerpt(value!)}'`;
      throw new UsageError(`Flag '--${name}' takes no value${got}`);
    }
  }
}

/** What a command line says of flags that take a value. */
type Values = Pick<Invocation, "values">;

/**
 * Reads the value of a flag; undefined when it is not given.
 *
 * @param parse returns undefined when the text cannot be used.
 * @param expected what would be right, after "expected".
 * @throws {UsageError} when it cannot be used.
 */
export function readFlag<T>(
  { values }: Values,
  flag: string,
  parse: (text: string) => T | undefined,
  expected: string,
): T | undefined {
  const text = values[flag];
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value !== undefined) return value;
  throw new UsageError(`Flag '--${flag}' is '${excerpt(text)}'; expected ${expected}`);
}

/**
 * The log level that a flag names; undefined when it is not given.
 *
 * @param flag Default: `log-level`.
 * @throws {UsageError} when there is no such level.
 */
export function readLevel(invocation: Values, flag = "log-level"): LogLevel | undefined {
  const find = (text: string) => LOG_LEVELS.find((level) => level === text);
  return readFlag(invocation, flag, find, `one of ${LOG_LEVELS.join(", ")}`);
}

/** The flag `--mode` of what runs an agent. */
export const MODE_FLAG: FlagSpec = {
  value: "MODE",
  help: "act, stopped (only start what is stopped) or observe (say what would be done)",
};

/**
 * The mode that `--mode` names; undefined when it is not given.
 *
 * @throws {UsageError} when there is no such mode.
 */
export function readMode(invocation: Values): ServiceMode | undefined {
  const find = (text: string) => serviceModes.find((mode) => mode === text);
  return readFlag(invocation, "mode", find, `one of ${serviceModes.join(", ")}`);
}

/** The flag `--for` of a command that runs until it is stopped. */
export const FOR_FLAG: FlagSpec = {
  value: "DURATION",
  help: "stop after this time, such as 30s",
};

/** The longest time of `--for`, ms: a timer takes no more than 2^31 - 1. */
const MOST_TIME = 24 * 86_400_000;

/**
 * The time of `--for`, ms; undefined when it is not given.
 *
 * @throws {UsageError} when it is not a duration, or longer than 24 days.
 */
export function readRunTime(invocation: Values): number | undefined {
  return readSpan(invocation, "for", "500ms, 30s or 2m", { max: MOST_TIME });
}

/**
 * Reads the value of a flag that is a duration, ms; undefined when it is not given.
 *
 * @param examples durations that would be right.
 * @throws {UsageError} when it is not a duration within the bounds.
 */
export function readSpan(
  invocation: Values,
  flag: string,
  examples: string,
  bounds: Bounds,
): number | undefined {
  const parse = (text: string) => {
    const ms = parseDuration(text);
    return ms !== undefined && isWithin(ms, bounds) ? ms : undefined;
  };
  const range = describeRange(bounds, formatDuration);
  return readFlag(invocation, flag, parse, `a duration such as ${examples}${range}`);
}
