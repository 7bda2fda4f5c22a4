import { assertEquals } from "@std/assert";
import type { Node } from "jsonc-parser";
import { describeProblem, type Problem } from "../../lib/base/mod.ts";
import { readSource, readSyntax, type Source } from "../../lib/config/source.ts";

function read(text: string): Source {
  return readSource(readSyntax(text) as Node, text);
}

function placeOf(source: Source, problem: Partial<Problem>): string {
  const full = { path: [], value: 1, expected: "", ...problem };
  const { line, column } = source.locate(full);
  return `${line}:${column}`;
}

Deno.test("a text is read as the value that it writes", () => {
  const { value, problems } = read(
    '{ "a": [1, "x", { "b": null }], "toString": false, "": -1.5e3 }',
  );
  assertEquals(value, { a: [1, "x", { b: null }], toString: false, "": -1500 });
  assertEquals(problems, []);
});

Deno.test("a problem stands at its value, or at its key when that is at fault", () => {
  const source = read('{\n  "a": {\n    "b": [10, 20]\n  }\n}');
  assertEquals(placeOf(source, { path: ["a", "b"] }), "3:10");
  assertEquals(placeOf(source, { path: ["a", "b"], fault: "unknown key" }), "3:5");
  assertEquals(placeOf(source, { path: ["a", "b", "1"] }), "3:15");
  assertEquals(placeOf(source, {}), "1:1");
});

Deno.test("what is missing is placed at what should hold it", () => {
  const source = read('{\n  "a": {\n    "b": {} } }');
  assertEquals(placeOf(source, { path: ["a", "b", "c"], fault: "missing" }), "3:5");
  assertEquals(placeOf(source, { path: ["a", "x", "c"], fault: "missing" }), "2:3");
  assertEquals(placeOf(source, { path: ["y"], fault: "missing" }), "1:1");
});

Deno.test("a key that is written twice is an error that names both lines", () => {
  const { problems, value } = read('{ "a": 1,\n "b": { "x": 1, "x": 2 },\n "a": 3, "a": 4 }');
  assertEquals(value, { a: 4, b: { x: 2 } });
  assertEquals(problems.map((p) => `${p.line}:${p.column} ${describeProblem(p)}`), [
    "2:17 b.x: duplicate key, first on line 2; keep one of the two",
    "3:2 a: duplicate key, first on line 1; keep one of the two",
    "3:10 a: duplicate key, first on line 1; keep one of the two",
  ]);
});

Deno.test("a key written with an escape is the same key", () => {
  assertEquals(read('{ "a": 1, "\\u0061": 2 }').problems.length, 1);
});

Deno.test("keys that reach an object's prototype are refused wherever they stand", () => {
  const { problems, value } = read(
    '{ "__proto__": { "polluted": 1 }, "a": [{ "constructor": 1 }], "prototype": 2 }',
  );
  assertEquals(value, { a: [{}] });
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
  assertEquals(problems.map(describeProblem), [
    "__proto__: reserved name; expected another name",
    "a.0.constructor: reserved name; expected another name",
    "prototype: reserved name; expected another name",
  ]);
});
