import { LOG_LEVELS, type LogLevel } from "../log/mod.ts";
import { type Invocation, UsageError } from "./command.ts";

/**
 * The level that a flag names; undefined when it is not given.
 *
 * @param flag `log-level` unless told.
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
