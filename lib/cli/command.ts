import { excerpt, suggest } from "../base/mod.ts";

/** The exit codes of every command (`check` has its own). */
export const EXIT = { done: 0, failed: 1, usage: 2, notRunning: 3 } as const;

/** A flag, `--<name>`. */
export interface FlagSpec {
  /** The name of its value in the help, such as `DIR`; absent when the flag takes no value. */
  value?: string;
  /** Whether it may be given several times; its values are in {@linkcode Invocation.lists}. Default: false. */
  many?: boolean;
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
  /** Values of the flags that may be given several times, in order. */
  lists: Readonly<Record<string, readonly string[]>>;
  /** The flags without a value that were given. */
  given: ReadonlySet<string>;
  /** Ends a command that follows events. Default: Ctrl+C does. */
  until?: AbortSignal | undefined;
}

/** What a command prints on standard output. */
export interface Report {
  /** Printed with `--json`. */
  json: unknown;
  /** Printed without it: a text, or its lines. */
  text: string | readonly string[];
  /** The exit code. Default: 0. */
  code?: number;
}

/** The result of a command: what is to be printed, or the exit code where nothing is. */
export type Result = Report | number;

/** One thing that the program does: a command, or an action of one such as `list` of `daemon`. */
export interface Action {
  /**
   * The words that it takes, as the help shows them. `NAME` must be given; what is in brackets may be; with `...` any
   * number of words may follow.
   */
  words: string;
  /** What `NAME` is the name of. Default: `daemon`. */
  subject?: string;
  /** One line of help. */
  summary: string;
  /** Its own flags; the common ones are taken everywhere. */
  flags?: FlagSpecs;
  /**
   * Does it.
   *
   * @throws {UsageError} when a word or a flag is wrong.
   */
  run(invocation: Invocation): Result | Promise<Result>;
}

/** A command of the program. */
export interface Command extends Action {
  /** The word that calls it. */
  name: string;
  /** Whether it checks the number of its words itself. Default: false. */
  checksWords?: boolean;
  /** More help, each string one line; shown by `help COMMAND`. */
  details?: readonly string[];
  /** What a shell completes after an action, such as names of daemons. Default: nothing. */
  moreWords?(): Promise<readonly string[]>;
  /**
   * Reports an error, with `isJson` as JSON, and returns the exit code. Default: one line on standard error, and exit
   * code 1, 2 or 3.
   */
  fail?(error: string, isJson: boolean): number;
}

/** A word or a flag is wrong; the message says which and what would be right. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Checks how many words were typed.
 *
 * @param name the command or the action, for an error message.
 * @throws {UsageError} when a word is missing or too much.
 */
export function checkWords(
  typed: readonly string[],
  name: string,
  { words, subject = "daemon" }: Action,
): void {
  const taken = words.split(" ").filter((word) => word !== "" && !word.startsWith("[--"));
  const isRequired = taken[0]?.startsWith("NAME");
  if (isRequired && typed.length === 0) {
    throw new UsageError(`'${name}' needs the name of a ${subject}`);
  }
  if (!words.includes("...")) refuseWords(typed.slice(taken.length), `${name} ${words}`);
}

/**
 * @param right the command line that would be right, after the program's name.
 * @throws {UsageError} when there are words.
 */
export function refuseWords(words: readonly string[], right: string): void {
  if (words.length > 0) {
    const expected = `icinga-warden ${right.trimEnd()}`;
    throw new UsageError(`Unexpected '${excerpt(words[0]!)}'; expected '${expected}'`);
  }
}

/** A command that does one of several things, by its first word. */
export function commandWithActions(
  name: string,
  summary: string,
  actions: Readonly<Record<string, Action>>,
): Command {
  const names = Object.keys(actions);
  return {
    name,
    words: names.join("|"),
    checksWords: true,
    summary,
    details: Object.entries(actions).flatMap(([name, { words, summary, flags = {} }]) => {
      const typed = Object.entries(flags).map(([flag, { value }]) =>
        ` [--${flag}${value === undefined ? "" : ` ${value}`}]`
      );
      return [`${name} ${words}`.trimEnd() + typed.join(""), `    ${summary}`];
    }),
    flags: Object.assign({}, ...Object.values(actions).map(({ flags }) => flags)),
    run(invocation) {
      const [word, ...words] = invocation.words;
      if (word === undefined) {
        const choice = names.join(", ").replace(/, (?=[^,]*$)/, " or ");
        throw new UsageError(`'${name}' needs one of ${choice}`);
      }
      const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
      const full = `${name} ${word}`;
      if (!action) throw unknownAction(name, word, names);
      refuseForeignFlags(full, action, invocation);
      checkWords(words, full, action);
      return action.run({ ...invocation, words });
    },
  };
}

/** The error of a command that has no action of a name. */
export function unknownAction(
  command: string,
  action: string,
  known: readonly string[],
): UsageError {
  return new UsageError(`Unknown '${command} ${excerpt(action)}'; ${suggest(action, known)}`);
}

/** A flag of another action of the command is wrong too. */
function refuseForeignFlags(
  name: string,
  { flags = {} }: Action,
  { given, values, lists }: Invocation,
) {
  const typed = [
    ...given,
    ...Object.keys(values).filter((flag) => values[flag] !== undefined),
    ...Object.keys(lists).filter((flag) => lists[flag]!.length > 0),
  ];
  const foreign = typed.find((flag) => !(flag in flags) && !(flag in COMMON_FLAGS));
  if (foreign === undefined) return;
  throw new UsageError(
    `Flag '--${foreign}' is not for '${name}'; see 'icinga-warden help ${name.split(" ")[0]}'`,
  );
}
