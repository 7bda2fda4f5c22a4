import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { imports, KNOWN_IMPORTS, refuseImport } from "../../lib/thread/imports.ts";

const file = join(Deno.cwd(), "x.js");
const found = (text: string) =>
  imports(text, file).map(({ specifier, clause }) =>
    clause === undefined ? `import(${specifier})` : `${clause.trim()} of ${specifier}`
  );

Deno.test("every form of an import is found", () => {
  const cases: [text: string, ...found: string[]][] = [
    [`import "a"`, " of a"],
    [`import/**/'a'`, " of a"],
    [`import a from"b"`, "a of b"],
    [`import{a as b}from'c'`, "{a as b} of c"],
    [`import a, * as b from "c"`, "a, * as b of c"],
    [`import type { A } from "b"`, "type { A } of b"],
    [`import defer * as a from "b"`, "defer * as a of b"],
    [`import source a from "b.wasm"`, "source a of b.wasm"],
    [`import from from "a"`, "from of a"],
    [`import { import as a, "x y" as b, from } from "c"`, `{ import as a, "x y" as b, from } of c`],
    [
      "import { // from 'x'\n a /* from 'y' */ } from /**/ // z\n 'b'",
      "{ // from 'x'\n a /* from 'y' */ } of b",
    ],
    [`import \\u{61}b from "c"`, "\\u{61}b of c"],
    [`export * from "a"`, "* of a"],
    [`export * as b from "a"`, "* as b of a"],
    [`export { a as "b" } from "c"`, `{ a as "b" } of c`],
    [`;import a from "b";export{c}from"d"`, "a of b", "{c} of d"],
    [`import("a")`, "import(a)"],
    ["import /* b */ ( // c\n `a` )", "import(a)"],
    [`import("a", { with: { type: "json" } })`, "import(a)"],
    [`import.source("a")`, "import(a)"],
    [`[...import(a)]`, "import(undefined)"],
    [`import("a" + b)`, "import(undefined)"],
    ["import(`a${b}`)", "import(undefined)"],
    [`import("\\x61")`, "import(undefined)"],
    [`import "\\x61"`, " of undefined"],
    [`do;while(a\n* b) import c from "d"`, "c of d"],
    [`a\n* 2; import b from "c"`, "b of c"],
    [`/* a\n * b */ import c from "d"`, "c of d"],
  ];
  for (const [text, ...expected] of cases) assertEquals(found(text), expected, text);
});

Deno.test("what is no import is none", () => {
  for (
    const text of [
      "import.meta.url",
      "a.import(b)",
      "this.#import(c)",
      "$import(a)",
      `const from = "x"`,
      `throw new Error("copied from '" + a + "'")`,
      "export default async function from() {}",
      "export const a = { from: 'b' }",
      " * import a from 'b'",
      "// import a from 'b'",
      "import = 'a'",
    ]
  ) assertEquals(found(text), [], text);
});

Deno.test("a hostile text of 4 MB is searched in time that grows with its length", () => {
  const cases: [part: string, specifier: string | undefined, found: number][] = [
    ["import/*", undefined, 0],
    ["import//", undefined, 0],
    ["import {", undefined, 0],
    ["import { a,", undefined, 0],
    ["export * ", undefined, 0],
    ["import(`", undefined, 500_000],
    [`import"`, "import", 571_428],
    ["import 'a' ", "a", 363_636],
  ];
  for (const [part, specifier, count] of cases) {
    const found = imports(part.repeat(4_000_000 / part.length), file);
    assertEquals([found.length, found[0]?.specifier], [count, specifier], part);
  }
});

Deno.test("an import is refused where it leads out of what a daemon may load", () => {
  const refusal = (text: string) => {
    const [first] = imports(text, file);
    return refuseImport(first!)?.replace(Deno.cwd(), "HERE");
  };
  const cases: [text: string, refusal: string | undefined][] = [
    [`import "./a.js"`, undefined],
    [`import "node:fs"`, undefined],
    [`import "icinga-warden/daemon"`, undefined],
    [`import "valibot"`, undefined],
    [`import "lodash"`, `cannot import "lodash"; ${KNOWN_IMPORTS}`],
    [`import "vm"`, `cannot import "vm"; ${KNOWN_IMPORTS}`],
    [`import "process"`, `cannot import "process"; ${KNOWN_IMPORTS}`],
    [`import process from "node:process"`, undefined],
    [`import "./a.wasm"`, `cannot import "./a.wasm": a daemon's files are ES modules`],
    [`import "./a.cjs"`, `cannot import "./a.cjs": a daemon's files are ES modules`],
    [`import(a)`, "imports what is computed; a daemon names what it imports, in quotes"],
    [`import "node:module"`, `cannot import "node:module": it is not available in a daemon`],
    [`import "node:vm"`, `cannot import "node:vm": it is not available in a daemon`],
    [
      `import { abort } from "node:process"`,
      `cannot import parts of "node:process"; import process from "node:process" is possible`,
    ],
    [
      `await import("node:process")`,
      `cannot import parts of "node:process"; import process from "node:process" is possible`,
    ],
  ];
  for (const [text, expected] of cases) assertEquals(refusal(text), expected, text);
  for (
    const name of [
      "data:text/javascript,1",
      "npm:a",
      "https://a/b",
      "blob:a",
      "ext:core/mod.js",
      "NODE:vm",
      " node:vm",
      "file:a:b",
    ]
  ) {
    assertEquals(
      refusal(`import "${name}"`)?.startsWith(`cannot import "${name}": `),
      name === "file:a:b" ? undefined : true,
      name,
    );
  }
});
