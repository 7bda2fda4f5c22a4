import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { FileError } from "../../../lib/base/mod.ts";
import { type Report, UsageError } from "../../../lib/cli/command.ts";
import { newAction, writeDaemon } from "../../../lib/cli/daemon/new.ts";
import { parse } from "../../../lib/cli/parse.ts";

async function inHome(test: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("a module and its test are written, and no file is replaced", async () => {
  await inHome(async (home) => {
    const folder = join(home, "daemons");
    const written = await writeDaemon(home, "x", ".js");
    assertEquals(written, [join(folder, "x.js"), join(folder, "x.test.js")]);
    assertEquals(filesIn(folder), ["x.js", "x.test.js"]);
    const said = `${
      join(folder, "x.js")
    } exists and is not changed; choose another name, or edit it`;
    await assertRejects(() => writeDaemon(home, "x", ".ts"), Error, said);
    await Deno.remove(join(folder, "x.js"));
    await Deno.writeTextFile(join(folder, "x.test.js"), "mine");
    await assertRejects(() => writeDaemon(home, "x", ".js"), Error, "x.test.js exists");
    assertEquals(filesIn(folder), ["x.test.js"]);
    assertEquals(await Deno.readTextFile(join(folder, "x.test.js")), "mine");
  });
});

Deno.test("from source, where the types for an editor are not made, that is not a trouble", async () => {
  await inHome(async (home) => {
    const invocation = parse(["x.js", "--home", home], newAction.flags ?? {}, "new");
    const { text } = await newAction.run(invocation) as Report;
    assertMatch([text].flat().join("\n"), /^Wrote .*x\.js\nWrote .*x\.test\.js\nTry it: +icinga/);
  });
});

Deno.test("a daemon is written in TypeScript unless told, and is named with what is to be typed next", async () => {
  await inHome(async (home) => {
    const write = async (word: string) => {
      const invocation = parse([word, "--home", home], newAction.flags ?? {}, "new");
      const { json, text } = await newAction.run(invocation) as Report;
      return { json, lines: [text].flat() };
    };
    const daemons = join(home, "daemons");
    for (const [word, name, end] of [["a", "a", "ts"], ["b.ts", "b", "ts"], ["c.js", "c", "js"]]) {
      const files = [join(daemons, `${name}.${end}`), join(daemons, `${name}.test.${end}`)];
      assertEquals(await write(word!), {
        json: { name, files },
        lines: [
          ...files.map((file) => `Wrote ${file}`),
          `Try it:         icinga-warden daemon test ${name} --home ${home}`,
          `Register it:    icinga-warden daemon register ${name} --home ${home}`,
        ],
      });
    }
    const refused: [word: string, message: string][] = [
      ["A", "'A' is not a valid name for a daemon; "],
      ["heartbeat.js", "'heartbeat' is the name of a built-in daemon; choose another one"],
    ];
    for (const [word, message] of refused) {
      await assertRejects(() => write(word), UsageError, message);
    }
  });
});

Deno.test("where one file cannot be written none is left, and the error names file and action", async () => {
  for (const name of ["x.js", "x.test.js"]) {
    await inHome(async (home) => {
      const folder = join(home, "daemons");
      // What is written aside first cannot be made there.
      await Deno.mkdir(join(folder, `${name}.new`, "taken"), { recursive: true });
      const error = await assertRejects(() => writeDaemon(home, "x", ".js"), FileError);
      assertEquals(error.message.startsWith(`Cannot write ${join(folder, name)}: `), true);
      assertEquals(filesIn(folder), [`${name}.new`]);
    });
  }
});

Deno.test("where the folder cannot be made, the error names it and what was done", async () => {
  await inHome(async (home) => {
    await Deno.writeTextFile(join(home, "daemons"), "");
    const said = `Cannot make the folder ${join(home, "daemons")}: `;
    await assertRejects(() => writeDaemon(home, "x", ".js"), FileError, said);
  });
});
