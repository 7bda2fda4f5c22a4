/** The exit codes of every command (`check` has its own). */
export const EXIT = { done: 0, failed: 1, usage: 2, notRunning: 3 } as const;

/** A flag, `--<name>`. */
export interface FlagSpec {
  /** The name of its value in the help, such as `DIR`; absent when the flag takes no value. */
  value?: string;
  /** Whether errors must not repeat its value. */
  secret?: boolean;
  /** One letter that means the same: `-<short>`. */
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

/** A command line, checked against the flags of the command. */
export interface Invocation {
  /** The words after the command's name. */
  words: readonly string[];
  /** Values of the flags that take one. */
  values: Readonly<Record<string, string | undefined>>;
  /** The flags without a value that were given. */
  given: ReadonlySet<string>;
  /** Ends a command that follows events. Default: Ctrl+C does. */
  until?: AbortSignal | undefined;
}

/** A command of the program. */
export interface Command {
  /** The word that calls it. */
  name: string;
  /** The words it takes, for the help. */
  words: string;
  /** One line of help. */
  summary: string;
  /** More help, each string one line; shown by `help COMMAND`. */
  details?: readonly string[];
  /** Its own flags; every command takes the common ones too. */
  flags?: FlagSpecs;
  /** Reports an error and returns the exit code. Default: one line on standard error, and exit code 1, 2 or 3. */
  fail?(error: string): number;
  /**
   * Runs the command and returns the exit code.
   *
   * @throws {UsageError} when a word or a flag is wrong.
   */
  run(invocation: Invocation): number | Promise<number>;
}

/** A word or a flag is wrong; the message says which and what would be right. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** @throws {UsageError} when there are words. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`Unexpected '${words[0]}'; see 'icinga-warden help'`);
}
