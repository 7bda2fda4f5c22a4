import { assertEquals } from "@std/assert";
import { complaints } from "./parse.ts";

const EMPTY =
  "is empty; delete it to run with the defaults, or delete it and run 'icinga-warden config init'";

Deno.test("comments and trailing commas are allowed", () => {
  assertEquals(complaints('// a\n{ /* b */ "log": { "keep": 3, }, // c\n}\n// d'), []);
});

Deno.test("an empty file is an error that says what to do", () => {
  for (const text of ["", " \r\n\t", "// nothing\n", "/* nothing */", "\0\0\0\0"]) {
    assertEquals(complaints(text), [EMPTY], JSON.stringify(text));
  }
});

const MISTAKES: Record<string, string> = {
  "{ log: 1 }": "1:3: unexpected log; keys and text stand in double quotes",
  "{ 'log': 1 }": "1:3: unexpected 'log'; keys and text stand in double quotes",
  "{ “log”: 1 }": "1:3: unexpected “log”; keys and text stand in double quotes",
  '{ "a": 5s }': "1:9: unexpected s; keys and text stand in double quotes",
  '{ "a": True }': "1:8: unexpected True; keys and text stand in double quotes",
  '{\n  "a": 1\n  "b": 2\n}': '3:3: unexpected "b"; expected "," before it',
  '{ "a": 1': '1:9: unexpected end of the file; expected "}"',
  "[1, 2": '1:6: unexpected end of the file; expected "]"',
  '{ "a" 1 }': '1:7: unexpected 1; expected ":" after the key',
  '{ "a": }': "1:8: unexpected }; expected a value",
  '{ "a": 1,, "b": 2 }': "1:10: unexpected ,; expected a key in double quotes",
  "{} {}": "1:4: unexpected {; expected nothing after the configuration",
  '{ "a": 1. }': "1:8: unfinished number 1.; expected digits",
  '{ "a": "x }': '1:8: text without an end on its line: "x }; expected a closing double quote',
  "{} /* x": '1:4: comment without an end: /* x; expected "*/"',
  "/* x": '1:1: comment without an end: /* x; expected "*/"',
  '{ "a": "C:\\disk" }': '1:8: unknown escape in "C:\\disk"; write \\\\ for a backslash',
  '{ "a": "C:\\users" }':
    '1:8: unknown escape in "C:\\users"; write \\\\ for a backslash, or four hexadecimal digits after \\u',
  '{ "a": "\t" }': '1:8: control character in "\\t"; write it as an escape such as \\t or \\u0007',
  '{ "a": "\0" }':
    '1:8: control character in "\\u0000"; write it as an escape such as \\t or \\u0007',
  "{}\0": "1:3: unexpected \\u0000; expected nothing after the configuration",
  '{ "a": 1 } x': "1:12: unexpected x; expected nothing after the configuration",
  "[] x": "1:4: unexpected x; expected nothing after the configuration",
  '<?xml version="1.0"?>': "1:1: unexpected <?xml; keys and text stand in double quotes",
};

Deno.test("each common mistake is named in words at its place", () => {
  for (const [text, expected] of Object.entries(MISTAKES)) {
    assertEquals(complaints(text)[0], expected, text);
  }
});

Deno.test("mistakes on different lines are all said, of each line the first", () => {
  assertEquals(complaints('{\n  log: 1,\n  "a": 1\n  "b": 2\n}'), [
    "2:3: unexpected log; keys and text stand in double quotes",
    '4:3: unexpected "b"; expected "," before it',
  ]);
});

Deno.test("a long piece of the file is cut in the message", () => {
  assertEquals(complaints(`{ ${"x".repeat(100)}: 1 }`), [
    `1:3: unexpected ${"x".repeat(60)}...; keys and text stand in double quotes`,
  ]);
});

Deno.test("nesting that would exhaust the parser is refused at its first level too many", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const expected = "1:33: nested too deep; expected at most 32 levels of brackets";
  assertEquals(complaints("[".repeat(1_000_000)), [expected]);
  assertEquals(complaints('{"a":'.repeat(200_000)).length, 1);
  assertEquals(complaints(nested(33)), [expected]);
  assertEquals(complaints(nested(32)), ["1:1: got an array; expected an object: { ... }"]);
});

Deno.test("brackets in texts and comments are no nesting", () => {
  assertEquals(complaints(`// ${"[".repeat(50)}\n{ "$schema": "${"{".repeat(50)}" }`), []);
});
