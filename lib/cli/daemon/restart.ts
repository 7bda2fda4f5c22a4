import { Client } from "../../control/client.ts";
import { EXIT, refuseWords } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";
import { type Action, requireName } from "./action.ts";

/** `icinga-warden daemon restart` */
export const restartAction: Action = {
  words: "NAME",
  summary: "stop a daemon of the running agent, and start it anew",
  async run(invocation) {
    const [word, ...rest] = invocation.words;
    const daemon = requireName("restart", word);
    refuseWords(rest);
    const client = await Client.connect(findPaths(invocation).home);
    await client.post("/api/restart", { daemon });
    if (invocation.given.has("json")) printJson({ restarted: daemon });
    else print(`Restarted daemon '${daemon}'`);
    return EXIT.done;
  },
};
