import { suggest } from "../../base/mod.ts";
import { type Command, COMMON_FLAGS, type Invocation, UsageError } from "../command.ts";
import type { Action } from "./action.ts";
import { listAction } from "./list.ts";
import { newAction } from "./new.ts";
import { registerAction } from "./register.ts";
import { restartAction } from "./restart.ts";
import { showAction } from "./show.ts";
import { testAction } from "./test.ts";
import { unregisterAction } from "./unregister.ts";

const ACTIONS: Readonly<Record<string, Action>> = {
  list: listAction,
  show: showAction,
  new: newAction,
  test: testAction,
  register: registerAction,
  unregister: unregisterAction,
  restart: restartAction,
};

const NAMES = Object.keys(ACTIONS);

/** `icinga-warden daemon` */
export const daemonCommand: Command = {
  name: "daemon",
  words: NAMES.join("|"),
  summary: "write, test, register and list daemons",
  details: Object.entries(ACTIONS).flatMap(([name, { words, summary, flags = {} }]) => {
    const taken = Object.keys(flags).map((flag) => ` [--${flag}${valueOf(flags[flag]!)}]`);
    return [`${name} ${words}`.trimEnd() + taken.join(""), `    ${summary}`];
  }),
  flags: Object.assign({}, ...Object.values(ACTIONS).map(({ flags }) => flags)),
  run(invocation) {
    const [name, ...words] = invocation.words;
    if (name === undefined) throw new UsageError(`'daemon' needs one of ${NAMES.join(", ")}`);
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!action) {
      throw new UsageError(`Unknown 'daemon ${name}': '${name}'; ${suggest(name, NAMES)}`);
    }
    refuseForeignFlags(name, action, invocation);
    return action.run({ ...invocation, words });
  },
};

function valueOf({ value }: { value?: string }): string {
  return value === undefined ? "" : ` ${value}`;
}

function refuseForeignFlags(name: string, { flags = {} }: Action, { given, values }: Invocation) {
  const typed = [...given, ...Object.keys(values).filter((flag) => values[flag] !== undefined)];
  const foreign = typed.find((flag) => !(flag in flags) && !(flag in COMMON_FLAGS));
  if (foreign === undefined) return;
  throw new UsageError(
    `Flag '--${foreign}' is not for 'daemon ${name}'; see 'icinga-warden help daemon'`,
  );
}
