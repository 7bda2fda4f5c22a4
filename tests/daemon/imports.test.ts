import { assertEquals, assertNotEquals } from "@std/assert";
import { join, resolve } from "node:path";
import {
  importedPaths,
  moduleFiles,
  readModule,
  refuseFile,
  signature,
} from "../../lib/daemon/imports.ts";

Deno.test("the files that a text imports", () => {
  const text = `import a from "./a.js";
import { b } from '../b.ts'; import "./c.mjs";
export * from "./d.js";
const e = await import( "./sub/e.js" );
import { defineDaemon } from "icinga-warden/daemon";
import fs from "node:fs";`;
  const paths = ["a.js", "../b.ts", "c.mjs", "d.js", "sub/e.js"];
  assertEquals(
    importedPaths(text, resolve("/home/daemons/x.js")),
    paths.map((path) => resolve("/home/daemons", path)),
  );
});

Deno.test("a module's files are those that it imports and those that they import, in a circle too", async () => {
  const folder = await Deno.makeTempDir();
  const file = (name: string) => join(folder, name);
  await Deno.writeTextFile(file("x.js"), `import "./a.js"; import "./gone.js";`);
  await Deno.writeTextFile(file("a.js"), `import "./b.js";`);
  await Deno.writeTextFile(file("b.js"), `import "./x.js";`);
  const files = await moduleFiles(file("x.js"));
  assertEquals(files, ["x.js", "a.js", "gone.js", "b.js"].map(file));
  const before = signature(files);
  assertEquals(signature(files), before);
  await Deno.writeTextFile(file("b.js"), `import "./x.js"; // changed`);
  assertNotEquals(signature(files), before);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a text of a million blanks is read in no time, and what is no file is not read", async () => {
  assertEquals(importedPaths(`import${" ".repeat(1_000_000)}`, resolve("/x.js")), []);
  const folder = await Deno.makeTempDir();
  assertEquals(await readModule(folder), "");
  assertEquals(refuseFile(folder), "is a folder; expected a daemon's module");
  assertEquals(refuseFile(join(folder, "gone.js")), undefined);
  await Deno.remove(folder);
});
