import { builtinArguments } from "../../../daemons/mod.ts";
import { suggest } from "../../base/mod.ts";
import { parseConfig, removeFromText, rewriteConfig } from "../../config/mod.ts";
import { EXIT, refuseWords, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { type Action, requireName } from "./action.ts";

/** `icinga-warden daemon unregister NAME` */
export const unregisterAction: Action = {
  words: "NAME",
  summary: "take a daemon's entry out of the configuration; its module stays where it is",
  async run(invocation) {
    const [word, ...rest] = invocation.words;
    const name = requireName("unregister", word);
    refuseWords(rest);
    const place = findPaths(invocation);
    const { configFile } = place;
    const { config } = await loadAgentConfig(place);
    const names = Object.keys(config.daemons);
    if (!names.includes(name)) {
      throw new UsageError(`'${name}' is not registered; ${suggest(name, names)}`);
    }
    await rewriteConfig(configFile, {
      edit: (text) => removeFromText(text, ["daemons", name]),
      check: (text) => void parseConfig(text, configFile, builtinArguments),
    });
    if (invocation.given.has("json")) printJson({ name, file: configFile });
    else {print(
        `Unregistered ${name} in ${configFile}; an agent that runs from this home stops it within seconds.`,
      );}
    return EXIT.done;
  },
};
