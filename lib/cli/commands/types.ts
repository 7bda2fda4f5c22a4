import type { Command } from "../command.ts";
import { writeTypes } from "../daemon/types.ts";
import { findPaths } from "../paths.ts";

/** `icinga-warden types` */
export const typesCommand: Command = {
  name: "types",
  words: "",
  summary: "write into daemons/ in home what an editor needs to know types",
  details: [
    "Call it after an upgrade too; 'daemon new' does it by itself. tsconfig.json and deno.json are yours:",
    "they are written where they are missing, and never changed.",
  ],
  async run(invocation) {
    const files = await writeTypes(findPaths(invocation).home);
    return { json: { files }, text: files.map((file) => `Wrote ${file}`) };
  },
};
