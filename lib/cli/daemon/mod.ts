import { suggest } from "../../base/mod.ts";
import { Client } from "../../control/client.ts";
import { type Command, COMMON_FLAGS, EXIT, type Invocation, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";
import { type Action, requireNameOnly } from "./action.ts";
import { listAction } from "./list.ts";
import { newAction } from "./new.ts";
import { registerAction, unregisterAction } from "./register.ts";
import { showAction } from "./show.ts";
import { testAction } from "./test.ts";

/** `icinga-warden daemon restart NAME` */
const restartAction: Action = {
  words: "NAME",
  summary: "stop a daemon of the running agent, and start it anew",
  async run(invocation) {
    const daemon = requireNameOnly("restart", invocation);
    const client = await Client.connect(findPaths(invocation).home);
    await client.post("/api/restart", { daemon });
    if (invocation.given.has("json")) printJson({ restarted: daemon });
    else print(`Restarted daemon '${daemon}'`);
    return EXIT.done;
  },
};

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
    const typed = Object.entries(flags).map(([flag, { value }]) =>
      ` [--${flag}${value === undefined ? "" : ` ${value}`}]`
    );
    return [`${name} ${words}`.trimEnd() + typed.join(""), `    ${summary}`];
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

function refuseForeignFlags(name: string, { flags = {} }: Action, { given, values }: Invocation) {
  const typed = [...given, ...Object.keys(values).filter((flag) => values[flag] !== undefined)];
  const foreign = typed.find((flag) => !(flag in flags) && !(flag in COMMON_FLAGS));
  if (foreign === undefined) return;
  throw new UsageError(
    `Flag '--${foreign}' is not for 'daemon ${name}'; see 'icinga-warden help daemon'`,
  );
}
