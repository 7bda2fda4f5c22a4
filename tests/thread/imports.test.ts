import { assertEquals, assertNotEquals } from "@std/assert";
import { join, resolve } from "node:path";
import {
  examineModule,
  imports,
  readModule,
  refuseModuleFile,
  signature,
} from "../../lib/thread/imports.ts";

Deno.test("the files that a text imports", () => {
  const text = `import a from "./a.js";
import { b } from '../b.ts'; import "./c.mjs";
export * from "./d.js";
const e = await import( "./sub/e.js" );
import { defineDaemon } from "icinga-warden/daemon";
import fs from "node:fs";`;
  const paths = ["a.js", "../b.ts", "c.mjs", "d.js", "sub/e.js"];
  assertEquals(
    imports(text, resolve("/home/daemons/x.js")).flatMap(({ path }) => path ?? []),
    paths.map((path) => resolve("/home/daemons", path)),
  );
});

Deno.test("a module's files are those that it imports and those that they import, in a circle too", async () => {
  const folder = await Deno.makeTempDir();
  const file = (name: string) => join(folder, name);
  await Deno.writeTextFile(file("x.js"), `import "./a.js"; import "./gone.js";`);
  await Deno.writeTextFile(file("a.js"), `import "./b.js";`);
  await Deno.writeTextFile(file("b.js"), `import "./x.js";`);
  const { files } = await examineModule(file("x.js"));
  assertEquals(files, ["x.js", "a.js", "gone.js", "b.js"].map(file));
  const before = signature(files);
  assertEquals(signature(files), before);
  await Deno.writeTextFile(file("b.js"), `import "./x.js"; // changed`);
  assertNotEquals(signature(files), before);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a text of a million blanks is read in no time, and what is no file is not read", async () => {
  assertEquals(imports(`import${" ".repeat(1_000_000)}`, resolve("/x.js")), []);
  const folder = await Deno.makeTempDir();
  assertEquals(await readModule(folder), "");
  assertEquals(refuseModuleFile(folder), "is a folder; expected a daemon's module");
  assertEquals(refuseModuleFile(join(folder, "gone.js")), undefined);
  await Deno.remove(folder);
});

Deno.test("a module that is too large, or imports too much, is refused with its figures", async () => {
  const folder = await Deno.makeTempDir();
  const file = (name: string) => join(folder, name);
  const lines = (n: number, line: (i: number) => string) =>
    Array.from({ length: n }, (_, i) => line(i)).join("");
  const MB = 1024 ** 2;
  const cases: [name: string, text: string, refusal: string | undefined, files: number][] = [
    ["largest.js", "/".repeat(4 * MB), undefined, 1],
    [
      "large.js",
      "/".repeat(4 * MB + 1),
      "is 4194305 bytes long; expected a module of at most 4MB",
      1,
    ],
    ["same.js", lines(100_000, () => `import "./gone.js";`), undefined, 2],
    ["names.js", lines(100_000, (i) => `import "node:${i}";`), "has more than 1000 imports", 1],
    [
      "urls.js",
      lines(100_000, (i) => `import "file:///%zz${i}";`),
      "has more than 1000 imports",
      1,
    ],
    ["files.js", lines(1_000, (i) => `import "./${i}.js";`), "imports more than 200 files", 200],
    ["few.js", lines(199, (i) => `import "./${i}.js";`), undefined, 200],
    [
      "heavy.js",
      lines(5, (i) => `import "./largest.js?${i}"; import "./heavy${i}.js";`),
      undefined,
      7,
    ],
  ];
  for (const [name, text, refusal, files] of cases) {
    await Deno.writeTextFile(file(name), text);
    const examined = await examineModule(file(name));
    const expected = refusal === undefined ? undefined : `${file(name)}: ${refusal}`;
    assertEquals([examined.refusal, examined.files.length], [expected, files], name);
  }
  for (let i = 0; i < 3; i++) await Deno.writeTextFile(file(`heavy${i}.js`), "/".repeat(4 * MB));
  assertEquals(
    (await examineModule(file("heavy.js"))).refusal,
    `${file("heavy.js")}: is longer than 16MB with what it imports`,
  );
  await Deno.remove(folder, { recursive: true });
});
