import { buildInfo } from "../../base/build.ts";
import { probeRuntime } from "../../thread/runtime.ts";
import { type Command, EXIT, refuseWords } from "../command.ts";
import { print, printJson } from "../output.ts";

/** `icinga-warden version` */
export const versionCommand: Command = {
  name: "version",
  words: "",
  summary: "show version, commit and Deno version",
  async run({ words, given }) {
    refuseWords(words);
    const info = buildInfo();
    if (given.has("json")) printJson({ ...info, runtime: await probeRuntime() });
    else print(`icinga-warden ${info.version} (${info.commit}, Deno ${info.deno}, ${info.target})`);
    return EXIT.done;
  },
};
