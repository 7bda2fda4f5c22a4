import { LOG_LEVELS, type LogLevel } from "../log/mod.ts";
import { type Invocation, UsageError } from "./command.ts";

/**
 * The level that `--log-level` names; undefined when it is not given.
 *
 * @throws {UsageError} when there is no such level.
 */
export function readLevel({ values }: Pick<Invocation, "values">): LogLevel | undefined {
  const text = values["log-level"];
  const level = LOG_LEVELS.find((level) => level === text);
  if (text !== undefined && level === undefined) {
    throw new UsageError(
      `Flag '--log-level' is '${text}'; expected one of ${LOG_LEVELS.join(", ")}`,
    );
  }
  return level;
}
