import { suggest } from "../base/mod.ts";
import {
  type Action,
  checkWords,
  type Command,
  COMMON_FLAGS,
  type Invocation,
  UsageError,
} from "./command.ts";

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
      if (!action) throw new UsageError(`Unknown '${full}': '${word}'; ${suggest(word, names)}`);
      refuseForeignFlags(full, action, invocation);
      checkWords(words, full, action);
      return action.run({ ...invocation, words });
    },
  };
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
