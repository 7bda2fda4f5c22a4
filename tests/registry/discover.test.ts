import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { findModules, isModule } from "../../lib/registry/discover.ts";

Deno.test("tests, types, private files and what is no module are no daemons", () => {
  for (const file of ["a.js", "a.ts", "a.mjs", "Ä b.js"]) assertEquals(isModule(file), true, file);
  for (const file of ["a.test.js", "a.d.ts", "_a.js", ".a.js", "a.json", "a", "a.js.bak"]) {
    assertEquals(isModule(file), false, file);
  }
});

Deno.test("modules in home's folder are found, and what is wrong with their names is said", async () => {
  const home = await Deno.makeTempDir();
  assertEquals(await findModules(home), []);
  await Deno.mkdir(join(home, "daemons", "folder.js"), { recursive: true });
  for (
    const file of ["b.js", "a.ts", "Odd.js", "twin.js", "twin.ts", "a.test.ts", "heartbeat.js"]
  ) {
    await Deno.writeTextFile(join(home, "daemons", file), "");
  }
  const found = await findModules(home);
  assertEquals(found.map(({ module, problem }) => [module, problem !== undefined]), [
    ["daemons/Odd.js", true],
    ["daemons/a.ts", false],
    ["daemons/b.js", false],
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
  assertMatch(found[3]!.problem!, /heartbeat\.js: has the name of a built-in daemon, which goes/);
  assertMatch(found[4]!.problem!, /twin\.js: twin\.ts beside it has the same name; keep one, or/);
  await Deno.remove(home, { recursive: true });
});
