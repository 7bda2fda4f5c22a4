import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import ts from "typescript";
import settings from "../../../deno.json" with { type: "json" };
import { writeDaemon } from "../../../lib/cli/daemon/new.ts";
import { writeTypes } from "../../../lib/cli/daemon/types.ts";
import { makeTypes } from "../../../tools/types.ts";

const types = await makeTypes();

/** A daemon and its test, in both languages, as `daemon new` writes them. */
async function inHome(test: (folder: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await writeDaemon(home, "typed", ".ts");
    await writeDaemon(home, "plain", ".js");
    await writeTypes(home, types);
    await test(join(home, "daemons"));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function change(file: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  assert(text.includes(from), `${file} has no ${from}`);
  await Deno.writeTextFile(file, text.replace(from, to));
}

/** What finds types wrong, each as it is called in the folder of daemons. */
const CHECKERS = {
  tsc: ["run", "-A", "--no-config", `${settings.imports.typescript}/tsc`, "--pretty", "false"],
  "deno check": ["check", "."],
};

async function check(args: string[], folder: string): Promise<{ isRight: boolean; said: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { isRight: success, said: `${out}${err}` };
}

for (const [checker, args] of Object.entries(CHECKERS)) {
  Deno.test(`${checker} finds nothing wrong with what daemon new writes`, async () => {
    await inHome(async (folder) => {
      const { isRight, said } = await check(args, folder);
      assert(isRight, said);
    });
  });

  Deno.test(`${checker} finds what is wrong, in TypeScript and JavaScript`, async () => {
    await inHome(async (folder) => {
      for (const name of ["typed.ts", "plain.js"]) {
        await change(join(folder, name), "context.every(", "context.evry(");
        await change(join(folder, name), `type: "duration"`, `type: "time"`);
      }
      await change(join(folder, "typed.test.ts"), "run.advance(", "run.advanced(");
      const { isRight, said } = await check(args, folder);
      assertEquals(isRight, false);
      assertEquals(said.match(/'evry' does not exist/g)?.length, 2, said);
      assertEquals(said.match(/'"time"' is not assignable/g)?.length, 2, said);
      assertMatch(said, /'advanced' does not exist/);
      for (const name of ["typed.ts", "plain.js", "typed.test.ts"]) {
        assert(said.includes(name), said);
      }
    });
  });
}

Deno.test("an editor completes what a daemon can use, and shows its doc comment", async () => {
  await inHome((folder) => {
    const file = join(folder, "plain.js");
    const service = serviceFor(folder);
    const text = Deno.readTextFileSync(file);
    const at = text.indexOf("context.every") + "context.".length;
    const names = service.getCompletionsAtPosition(file, at, {})?.entries.map(({ name }) => name);
    for (const name of ["every", "log", "state", "report"]) assert(names?.includes(name), name);
    const { documentation = [] } = service.getQuickInfoAtPosition(file, at) ?? {};
    assert(ts.displayPartsToString(documentation).length > 20);
    return Promise.resolve();
  });
});

/** What an editor asks: TypeScript's language service, with the settings of the folder. */
function serviceFor(folder: string): ts.LanguageService {
  const path = join(folder, "tsconfig.json");
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => fileNames,
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const text = ts.sys.readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
  });
}

Deno.test("types are written anew, and an author's settings are left alone", async () => {
  await inHome(async (folder) => {
    await Deno.writeTextFile(join(folder, "icinga-warden.d.ts"), "old");
    await Deno.writeTextFile(join(folder, "tsconfig.json"), "mine");
    await Deno.remove(join(folder, "deno.json"));
    const written = await writeTypes(join(folder, ".."), types);
    assertEquals(
      written,
      ["icinga-warden.d.ts", "deno.d.ts", "deno.json"].map((file) => join(folder, file)),
    );
    assertEquals(await Deno.readTextFile(join(folder, "tsconfig.json")), "mine");
    assertMatch(await Deno.readTextFile(join(folder, "icinga-warden.d.ts")), /defineDaemon/);
  });
});
