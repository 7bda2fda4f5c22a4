import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { findModules, isModule } from "../../lib/registry/discover.ts";
import { Registry } from "../../lib/registry/registry.ts";
import { parse } from "../config/parse.ts";

Deno.test("tests, types, private files and what is no module are no daemons", () => {
  for (const file of ["a.js", "a.ts", "a.mjs", "Ä b.js"]) assertEquals(isModule(file), true, file);
  for (const file of ["a.test.js", "a.d.ts", "_a.js", ".a.js", "a.json", "a", "a.js.bak"]) {
    assertEquals(isModule(file), false, file);
  }
});

Deno.test("modules in home's folder are found, and what is wrong with their names is said", async () => {
  const home = await Deno.makeTempDir();
  assertEquals(await findModules(home), { modules: [] });
  for (const folder of ["folder.js", "a.js", "_own.js", "plain"]) {
    await Deno.mkdir(join(home, "daemons", folder), { recursive: true });
  }
  for (
    const file of ["b.js", "a.ts", "Odd.js", "twin.js", "twin.ts", "a.test.ts", "heartbeat.js"]
  ) {
    await Deno.writeTextFile(join(home, "daemons", file), "");
  }
  const { modules: found, warning } = await findModules(home);
  assertEquals(warning, undefined);
  assertEquals(found.map(({ module, problem }) => [module, problem !== undefined]), [
    ["daemons/Odd.js", true],
    ["daemons/a.ts", false],
    ["daemons/b.js", false],
    ["daemons/folder.js", true],
    ["daemons/heartbeat.js", true],
    ["daemons/twin.js", true],
    ["daemons/twin.ts", true],
  ]);
  assertEquals(found[1], {
    name: "a",
    module: "daemons/a.ts",
    file: join(home, "daemons", "a.ts"),
  });
  assertMatch(found[0]!.problem!, /Odd\.js: its file name is "Odd"; expected small letters/);
  assertMatch(found[3]!.problem!, /folder\.js: is a folder; expected a daemon's module$/);
  assertMatch(found[4]!.problem!, /heartbeat\.js: has the name of a built-in daemon, which comes/);
  assertMatch(found[5]!.problem!, /twin\.js: twin\.ts beside it has the same name; keep one, or/);
  await Deno.remove(home, { recursive: true });
});

Deno.test("of a folder of thousands of modules the first are used, and that is said", async () => {
  const home = await Deno.makeTempDir();
  const folder = join(home, "daemons");
  await Deno.mkdir(folder);
  // In each case of its letters: every one has the name of all others.
  const cased = (i: number) =>
    Array.from("abcdefghijkl", (c, bit) => (i >> bit) & 1 ? c.toUpperCase() : c).join("");
  for (let i = 0; i < 4_000; i++) Deno.writeTextFileSync(join(folder, `${cased(i)}.js`), "");
  const { modules, warning } = await findModules(home);
  assertEquals(modules.length, 1_000);
  assertEquals(warning, `${folder} holds 4000 modules; only the first 1000 by name are used`);
  assertMatch(modules.at(-1)!.problem!, /: its file name is|(?:\.js and .*){2}\.js beside it has/);
  const warnings: string[] = [];
  const registry = new Registry(home, undefined, (warning) => void warnings.push(warning));
  const describe = ({ fault }: { fault?: string }) => `${fault}`;
  for (let times = 2; times > 0; times--) {
    const config = parse(`{ "daemons": { "zz": {} } }`);
    const [daemon] = await registry.resolve({ config, describe });
    assertMatch(
      daemon!.problem!,
      /no module zz\.ts, \.js or \.mjs in daemons\/ \(.* first 1000 by name/,
    );
  }
  assertEquals(warnings, [warning!]);
  await Deno.remove(home, { recursive: true });
});

Deno.test({
  name: "a folder that cannot be listed is a warning, and holds no modules",
  permissions: { read: false },
  async fn() {
    const { modules, warning } = await findModules("/home");
    assertEquals(modules, []);
    assertMatch(warning!, /^Cannot list .home.daemons: Requires read access/);
  },
});
