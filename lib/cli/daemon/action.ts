import { type FlagSpecs, type Invocation, refuseWords, UsageError } from "../command.ts";

/** One thing that `icinga-warden daemon` does. */
export interface Action {
  /** What may stand after its name, for the help. */
  words: string;
  /** One line of help. */
  summary: string;
  /** The flags that it takes beside the common ones. */
  flags?: FlagSpecs;
  /**
   * Does it, and returns the exit code.
   *
   * @throws {UsageError} when what was typed is wrong.
   */
  run(invocation: Invocation): Promise<number>;
}

/** @throws {UsageError} when no name was typed. */
export function requireName(action: string, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UsageError(`'daemon ${action}' needs the name of a daemon`);
}

/** @throws {UsageError} when there is not one name alone. */
export function requireNameOnly(action: string, { words }: Invocation): string {
  const [name, ...rest] = words;
  refuseWords(rest);
  return requireName(action, name);
}
