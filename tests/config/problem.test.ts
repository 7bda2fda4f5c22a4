import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { describeProblem, expectedOneOf } from "../../lib/base/mod.ts";
import { ConfigError } from "../../lib/config/problem.ts";

function said(value: unknown): string {
  return describeProblem({ path: ["log", "level"], value, expected: "expected a level" });
}

Deno.test("a problem says its path, its value and what would be right", () => {
  assertEquals(said("loud"), 'log.level: got "loud"; expected a level');
  assertEquals(
    describeProblem({ path: ["levle"], value: 1, fault: "unknown key", expected: "x" }),
    "levle: unknown key; x",
  );
  assertEquals(describeProblem({ path: [], value: [], expected: "x" }), "got an empty array; x");
  assertEquals(describeProblem({ path: [], value: [0], expected: "x" }), "got an array; x");
});

Deno.test("each kind of value has its words", () => {
  const values = [null, true, 5, 1e999, {}, [1], undefined, "", 'say "no\\"'];
  assertEquals(values.map((value) => said(value).slice("log.level: got ".length, -18)), [
    "null",
    "true",
    "5",
    "a number too large to hold",
    "an object",
    "an array",
    "nothing",
    '""',
    '"say \\"no\\\\\\""',
  ]);
});

Deno.test("long values and keys are cut, and never in the middle of a character", () => {
  assertEquals(said("x".repeat(61)), `log.level: got "${"x".repeat(60)}..."; expected a level`);
  assertEquals(said("x".repeat(60)), `log.level: got "${"x".repeat(60)}"; expected a level`);
  assertEquals(
    said("x".repeat(59) + "😀"),
    `log.level: got "${"x".repeat(59)}..."; expected a level`,
  );
  assertEquals(
    describeProblem({ path: ["k".repeat(70)], value: 1, expected: "x" }),
    `"${"k".repeat(60)}...": got 1; x`,
  );
});

Deno.test("keys that are no plain words are quoted in the path", () => {
  const path = ["daemons", "my disk", "a.b", "", "ok_1"];
  assertEquals(
    describeProblem({ path, value: 1, expected: "x" }),
    'daemons."my disk"."a.b"."".ok_1: got 1; x',
  );
});

Deno.test("control, invisible and text-turning characters are escaped", () => {
  assertEquals(
    said("a\n\r\t\0\u001b[31m\u202e\u2028\u{e0001}\ud800"),
    'log.level: got "a\\n\\r\\t\\u0000\\u001b[31m\\u202e\\u2028\\udb40\\udc01\\ud800"; expected a level',
  );
});

Deno.test("one problem is one printable line, whatever is in it", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(fc.property(text, text, text, (key, value, file) => {
    const problem = { path: [key, key], value, expected: value.slice(0, 5) };
    const { message } = new ConfigError(file, [problem]);
    assert(!/[\p{C}\p{Zl}\p{Zp}]/u.test(message), JSON.stringify(message));
  }));
});

Deno.test("an error holds its file and every problem, a line each; after a hundred it counts", () => {
  const problem = { path: ["x"], value: 1, expected: "expected 2", line: 3, column: 7 };
  const error = new ConfigError("C:\\w.json", [{ ...problem, line: undefined }, problem]);
  assertEquals(error.name, "ConfigError");
  assertEquals(error.file, "C:\\w.json");
  assertEquals(
    error.message,
    "C:\\w.json: x: got 1; expected 2\nC:\\w.json:3:7: x: got 1; expected 2",
  );
  const many = new ConfigError("f", Array(1000).fill(problem));
  assertEquals(many.problems.length, 1000);
  assertEquals(many.message.split("\n").length, 101);
  assertEquals(many.message.split("\n").at(-1), "f: 900 more problems");
});

Deno.test("a choice is written out", () => {
  assertEquals(expectedOneOf(["a", "b"]), 'expected one of "a", "b"');
});
