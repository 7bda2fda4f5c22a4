/** The exit codes of every command (`check` has its own). */
export const EXIT = { done: 0, failed: 1, usage: 2, notRunning: 3 } as const;

/** A flag as it stands on the command line, `--<name>`. */
export interface FlagSpec {
  /** What stands for its value in the help, for example `DIR`; none: the flag takes no value. */
  value?: string;
  /** Whether what is given for its value must not be repeated in an error. */
  secret?: boolean;
  /** One letter that means the same, `-<short>`. */
  short?: string;
  /** One line of help. */
  help: string;
}

/** Flags by name, without the dashes. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** The flags that every command takes. */
export const COMMON_FLAGS = {
  home: {
    value: "DIR",
    help: "folder of the configuration, the daemons, the logs and the saved state",
  },
  config: { value: "FILE", help: "the configuration (default: icinga-warden.json in home)" },
  "log-level": { value: "LEVEL", help: "trace, debug, info, warning, error or fatal" },
  json: { help: "print JSON, for scripts" },
  help: { help: "show this help" },
  version: { help: "show the version" },
} as const satisfies FlagSpecs;

/** What the user typed, checked against the flags of the command. */
export interface Invocation {
  /** What stands after the command's name. */
  words: readonly string[];
  /** Values of the flags that take one. */
  values: Readonly<Record<string, string | undefined>>;
  /** The flags without value that were given. */
  given: ReadonlySet<string>;
  /** What ends a command that goes on by itself; undefined: Ctrl+C does. */
  until?: AbortSignal | undefined;
}

/** A command of the program. */
export interface Command {
  /** What is typed to call it. */
  name: string;
  /** What may stand after its name, for the help. */
  words: string;
  /** One line of help. */
  summary: string;
  /** More help, each string one line; shown by `help COMMAND`. */
  details?: readonly string[];
  /** The flags that it takes beside the common ones. */
  flags?: FlagSpecs;
  /** Says an error in a way of its own, instead of on standard error, and returns the exit code. */
  fail?(error: string): number;
  /**
   * Does it, and returns the exit code.
   *
   * @throws {UsageError} when what was typed cannot be meant.
   */
  run(invocation: Invocation): number | Promise<number>;
}

/** What was typed is wrong; the message says what and what would be right. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** @throws {UsageError} when there are words that the command does not take. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`Unexpected '${words[0]}'; see 'icinga-warden help'`);
}
