import { parseDuration } from "../base/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../log/mod.ts";
import { type FlagSpec, type Invocation, UsageError } from "./command.ts";

/**
 * The log level that a flag names; undefined when it is not given.
 *
 * @param flag Default: `log-level`.
 * @throws {UsageError} when there is no such level.
 */
export function readLevel(
  { values }: Pick<Invocation, "values">,
  flag = "log-level",
): LogLevel | undefined {
  const text = values[flag];
  const level = LOG_LEVELS.find((level) => level === text);
  if (text !== undefined && level === undefined) {
    throw new UsageError(`Flag '--${flag}' is '${text}'; expected one of ${LOG_LEVELS.join(", ")}`);
  }
  return level;
}

/** The flag `--for` of a command that runs until it is stopped. */
export const FOR_FLAG: FlagSpec = {
  value: "DURATION",
  help: "stop by itself after this time, such as 30s",
};

/**
 * The time of `--for`, ms; undefined when it is not given.
 *
 * @throws {UsageError} when it is not a duration.
 */
export function readSpan(
  { values: { for: text } }: Pick<Invocation, "values">,
): number | undefined {
  const span = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && span === undefined) {
    throw new UsageError(`Flag '--for' is '${text}'; expected a duration such as 500ms, 30s or 2m`);
  }
  return span;
}
