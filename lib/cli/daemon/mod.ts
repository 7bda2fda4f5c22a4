import { type Action, type Command, commandWithActions } from "../command.ts";
import { connectAgent } from "../paths.ts";
import { newAction } from "./new.ts";
import { registerAction, unregisterAction } from "./register.ts";
import { runAction } from "./run.ts";
import { listAction, showAction } from "./show.ts";
import { requireDaemonName } from "./subject.ts";
import { testAction } from "./test.ts";

/** `icinga-warden daemon restart NAME` */
const restartAction: Action = {
  words: "NAME",
  summary: "stop a daemon of the running agent, and start it anew",
  async run(invocation) {
    const [daemon = ""] = invocation.words;
    requireDaemonName(daemon);
    await (await connectAgent(invocation)).post("/api/restart", { daemon });
    return { json: { restarted: daemon }, text: `Restarted daemon '${daemon}'` };
  },
};

/** `icinga-warden daemon` */
export const daemonCommand: Command = {
  ...commandWithActions(
    "daemon",
    "write, test, register and list daemons",
    {
      list: listAction,
      show: showAction,
      new: newAction,
      test: testAction,
      register: registerAction,
      unregister: unregisterAction,
      run: runAction,
      restart: restartAction,
    },
  ),
  async moreWords() {
    const { builtinArguments } = await import("../../../daemons/mod.ts");
    const named = [...builtinArguments.values()].flatMap((specs) => Object.keys(specs));
    return [...builtinArguments.keys(), ...new Set(named.map((name) => `${name}=`))];
  },
};
