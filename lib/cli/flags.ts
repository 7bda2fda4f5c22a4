import { parseDuration } from "../base/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../log/mod.ts";
import { type ServiceMode, serviceModes } from "../service/mod.ts";
import { type FlagSpec, type Invocation, UsageError } from "./command.ts";

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
  throw new UsageError(`Flag '--${flag}' is '${text}'; expected ${expected}`);
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

/**
 * The time of `--for`, ms; undefined when it is not given.
 *
 * @throws {UsageError} when it is not a duration.
 */
export function readRunTime(invocation: Values): number | undefined {
  return readFlag(invocation, "for", parseDuration, "a duration such as 500ms, 30s or 2m");
}
