import { parseDuration } from "../base/mod.ts";
import { type FlagSpec, type Invocation, UsageError } from "./command.ts";

/** The flag `--for` of a command that goes on by itself. */
export const FOR_FLAG: FlagSpec = {
  value: "DURATION",
  help: "stop by itself after this time, such as 30s",
};

/**
 * How long `--for` says a command is to go on, ms; undefined when it is not given.
 *
 * @throws {UsageError} when it is no duration.
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
