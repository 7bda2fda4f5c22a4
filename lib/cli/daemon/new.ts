import { join } from "node:path";
import { builtinDaemons } from "../../../daemons/mod.ts";
import { errorMessage, excerpt, FileError, replaceFile } from "../../base/mod.ts";
import { refuseDaemonName } from "../../daemon/mod.ts";
import { readsModule } from "../../thread/mod.ts";
import { DAEMONS_FOLDER, findModules } from "../../registry/mod.ts";
import { type Action, UsageError } from "../command.ts";
import { findHome, homeFlag } from "../paths.ts";
import { writeTypes } from "./types.ts";

type Extension = ".js" | ".ts";

/** `icinga-warden daemon new NAME` */
export const newAction: Action = {
  words: "NAME[.js|.ts]",
  summary: "write a starter daemon, and a test beside it, into daemons/ in home",
  async run(invocation) {
    const { name, extension, note } = readName(invocation.words[0]!);
    const { home } = findHome(invocation);
    const where = invocation.values.home === undefined ? "" : homeFlag(home);
    const files = await writeDaemon(home, name, extension);
    const notes = [...(note === undefined ? [] : [note]), ...await typesNote(home)];
    return {
      json: { name, files },
      text: [
        ...notes,
        ...files.map((file) => `Wrote ${file}`),
        `Try it:         icinga-warden daemon test ${name}${where}`,
        `Register it:    icinga-warden daemon register ${name}${where}`,
      ],
    };
  },
};

/** Writes what an editor needs beside the daemon; without it the daemon runs as well. From source it may not be made. */
async function typesNote(home: string): Promise<string[]> {
  try {
    await writeTypes(home);
    return [];
  } catch (error) {
    return Deno.build.standalone ? [`No types for an editor: ${errorMessage(error)}`] : [];
  }
}

/** TypeScript where this exe reads it, unless the name says otherwise. `note`: what is done instead of what was asked. */
function readName(word: string): { name: string; extension: Extension; note?: string } {
  const [, name = "", typed] = /^(.*?)(\.js|\.ts)?$/s.exec(word)!;
  const refusal = refuseDaemonName(name);
  if (refusal !== undefined) {
    throw new UsageError(`'${excerpt(word)}' is not a valid name for a daemon; ${refusal}`);
  }
  if (builtinDaemons.has(name)) {
    throw new UsageError(`'${name}' is the name of a built-in daemon; choose another one`);
  }
  const extension = typed === ".js" || !readsTypeScript() ? ".js" : ".ts";
  if (typed !== ".ts" || extension === ".ts") return { name, extension };
  const deno = Deno.version.deno;
  return { name, extension, note: `This exe of Deno ${deno} reads JavaScript only: ${name}.js` };
}

function readsTypeScript(): boolean {
  return !Deno.build.standalone || readsModule("x.ts", Deno.version.deno);
}

/**
 * Writes a module and its test, both or none, and returns their paths.
 *
 * @throws {Error} when one of the name is there.
 * @throws {FileError} when one cannot be written.
 */
export async function writeDaemon(
  home: string,
  name: string,
  extension: Extension,
): Promise<string[]> {
  const folder = join(home, DAEMONS_FOLDER);
  const module = join(folder, `${name}${extension}`);
  const test = join(folder, `${name}.test${extension}`);
  const { modules } = await findModules(home);
  const taken = modules.find((found) => found.name.toLowerCase() === name)?.file ??
    (await Deno.lstat(test).then(() => test, () => undefined));
  if (taken !== undefined) {
    throw new Error(`${taken} exists and is not changed; choose another name, or edit it`);
  }
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw new FileError("make the folder", folder, error);
  });
  await replaceFile(test, testTemplate(name, extension));
  try {
    await replaceFile(module, moduleTemplate(name, extension));
  } catch (error) {
    await Deno.remove(test).catch(() => {});
    throw error;
  }
  return [module, test];
}

function moduleTemplate(name: string, extension: Extension): string {
  const type = extension === ".ts" ? "<number | string>" : "";
  return `// A daemon of icinga-warden. Try it: icinga-warden daemon test ${name}
// Register it: icinga-warden daemon register ${name} greeting=hi
import { defineDaemon } from "icinga-warden/daemon";

export default defineDaemon({
  name: "${name}",
  description: "Counts its beats, and greets at each",

  // What it takes. A type is string, number, boolean, duration (5s, 2m), size (10MB) or list. An argument
  // without a default must be given when the daemon is registered.
  arguments: {
    interval: {
      type: "duration",
      default: "10s",
      min: "100ms",
      description: "Time from one beat to the next",
    },
    greeting: { type: "string", default: "hello", description: "What it says at each beat" },
  },

  // What it needs beyond reading its own folder; the configuration must grant it. For example:
  //   permissions: { read: ["C:\\\\data"], net: ["localhost:8080"], services: true },
  permissions: {},

  // The maps that it keeps in the public state, where every daemon reads them.
  maps: { Beats: { description: "count: beats so far; last: when the last one was, UTC" } },

  // Its work, in a thread of its own. It must return soon after context.signal is aborted; every() and
  // sleep() see to that.
  async run(context) {
    const { interval, greeting } = context.arguments; // a duration is in ms by now
    const beats = context.state.map${type}("Beats");
    await context.every(interval, () => {
      const count = Number(beats.get("count") ?? 0) + 1;
      beats.set("count", count);
      beats.set("last", new Date().toISOString());
      context.log.info(\`\${greeting}, beat \${count}\`);
    });
  },
});
`;
}

function testTemplate(name: string, extension: Extension): string {
  return `// Run by: icinga-warden daemon test ${name}
import { assertEquals, simulate, test } from "icinga-warden/testing";
import daemon from "./${name}${extension}";

test("it beats at once and then at each interval", async () => {
  const run = simulate(daemon, { arguments: { interval: "1m", greeting: "hi" } });
  await run.advance("5m"); // its clock, not yours
  assertEquals(run.map("Beats").get("count"), 6);
  assertEquals(run.log.at(-1)?.message, "hi, beat 6");
  await run.stop();
});
`;
}
