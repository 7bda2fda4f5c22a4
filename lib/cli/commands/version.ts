import { buildInfo } from "../../base/mod.ts";
import { probeRuntime } from "../../thread/mod.ts";
import type { Command } from "../command.ts";

/** `icinga-warden version` */
export const versionCommand: Command = {
  name: "version",
  words: "",
  summary: "show version, commit and Deno version",
  async run({ given }) {
    const info = buildInfo();
    const runtime = given.has("json") ? await probeRuntime() : undefined;
    const text =
      `icinga-warden ${info.version} (${info.commit}, Deno ${info.deno}, ${info.target})`;
    return { json: { ...info, runtime }, text };
  },
};
