import { join } from "node:path";
import { builtinDaemons } from "../../../daemons/mod.ts";
import { refuseDaemonName } from "../../daemon/check.ts";
import { readsModule } from "../../daemon/load.ts";
import { DAEMONS_FOLDER, findModules } from "../../registry/discover.ts";
import { EXIT, refuseWords, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";
import { type Action, requireName } from "./action.ts";
import { moduleTemplate, testTemplate } from "./template.ts";

/** `icinga-warden daemon new NAME` */
export const newAction: Action = {
  words: "NAME[.js|.ts]",
  summary: "write a daemon to begin with, and a test beside it, into daemons/ in home",
  async run(invocation) {
    const [word, ...rest] = invocation.words;
    const [name, extension] = readName(requireName("new", word));
    refuseWords(rest);
    const { home } = findPaths(invocation);
    await refuseTaken(name, home);
    const folder = join(home, DAEMONS_FOLDER);
    await Deno.mkdir(folder, { recursive: true });
    const files = [join(folder, `${name}${extension}`), join(folder, `${name}.test${extension}`)];
    await Deno.writeTextFile(files[0]!, moduleTemplate(name, extension), { createNew: true });
    await Deno.writeTextFile(files[1]!, testTemplate(name, extension), { createNew: true });
    if (invocation.given.has("json")) printJson({ name, files });
    else {
      print([
        ...files.map((file) => `Wrote ${file}`),
        `Try it:         icinga-warden daemon test ${name}`,
        `Put it to work: icinga-warden daemon register ${name}`,
      ].join("\n"));
    }
    return EXIT.done;
  },
};

/** TypeScript where this exe reads it, unless the name says otherwise. */
function readName(word: string): [name: string, extension: ".js" | ".ts"] {
  const [, name = "", extension] = /^(.*?)(\.js|\.ts)?$/s.exec(word)!;
  const refusal = refuseDaemonName(name);
  if (refusal !== undefined) {
    throw new UsageError(`'${word}' is no name for a daemon; ${refusal}`);
  }
  const typed = !Deno.build.standalone || readsModule("x.ts", Deno.version.deno);
  return [name, (extension as ".js" | ".ts" | undefined) ?? (typed ? ".ts" : ".js")];
}

async function refuseTaken(name: string, home: string): Promise<void> {
  if (builtinDaemons.has(name)) {
    throw new UsageError(`'${name}' is the name of a built-in daemon; choose another one`);
  }
  const taken = (await findModules(home)).modules.find((found) =>
    found.name.toLowerCase() === name
  );
  if (taken) {
    throw new UsageError(`${taken.file} is there already; choose another name, or edit it`);
  }
}
