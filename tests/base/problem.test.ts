import { assertEquals, assertMatch } from "@std/assert";
import {
  describeProblem,
  excerpt,
  expectedOneOf,
  type Problem,
  refuseReserved,
  suggest,
} from "../../lib/base/mod.ts";

const KNOWN = ["level", "maxSize", "keep"];

Deno.test("a slip of the keys is answered with the word that was meant", () => {
  assertEquals(suggest("levle", KNOWN), 'did you mean "level"?');
  assertEquals(suggest("maxsize", KNOWN), 'did you mean "maxSize"?');
  assertEquals(suggest("LEVEL", KNOWN), 'did you mean "level"?');
  assertEquals(suggest("keeps", KNOWN), 'did you mean "keep"?');
});

Deno.test("a word that is near to none is answered with all that are known", () => {
  const all = "known: level, maxSize, keep";
  assertEquals(suggest("password", KNOWN), all);
  assertEquals(suggest("", KNOWN), all);
  assertEquals(suggest("x".repeat(100_000), KNOWN), all);
  assertEquals(suggest("__proto__", KNOWN), all);
  assertEquals(suggest("level", []), "none is known here");
});

Deno.test("a word counts as near when a third of its letters differ at most, or two", () => {
  assertEquals(suggest("lvl", KNOWN), 'did you mean "level"?');
  assertEquals(suggest("lv", KNOWN), "known: level, maxSize, keep");
  assertEquals(suggest("abcdef___", ["abcdefghi"]), 'did you mean "abcdefghi"?');
  assertEquals(suggest("abcde____", ["abcdefghi"]), "known: abcdefghi");
  const [longest, longer] = ["x".repeat(64), "x".repeat(65)];
  assertEquals(suggest(longest, [`${longest}y`]), `did you mean "${longest}y"?`);
  assertEquals(suggest(longer, [`${longer}y`]), `known: ${longer}y`);
});

Deno.test("a problem is one line: its place, what it is or what is wrong, and what would be right", () => {
  const [most, more] = ["x".repeat(60), "x".repeat(61)];
  const cases: [problem: Partial<Problem>, line: string][] = [
    [{ value: "loud" }, 'got "loud"; expected x'],
    [{ path: ["log", "level"], value: 7 }, "log.level: got 7; expected x"],
    [{ path: ["a"], fault: "unknown key" }, "a: unknown key; expected x"],
    [{ path: ["a b", most, more] }, `"a b".${most}."${most}...": got nothing; expected x`],
    [{ path: [""] }, '"": got nothing; expected x'],
    [{ value: [] }, "got an empty array; expected x"],
    [{ value: [1] }, "got an array; expected x"],
    [{ value: {} }, "got an object; expected x"],
    [{ value: null }, "got null; expected x"],
    [{ value: Infinity }, "got a number too large to hold; expected x"],
    [{ value: -Infinity }, "got a number too large to hold; expected x"],
    [{ value: 'a"b\\c' }, 'got "a\\"b\\\\c"; expected x'],
    [{ value: most }, `got "${most}"; expected x`],
    [{ value: more }, `got "${most}..."; expected x`],
    [{ value: "a\nb\x1b" }, 'got "a\\nb\\u001b"; expected x'],
    [{ value: "http://u:pw@h/" }, 'got "http://u:***@h/"; expected x'],
  ];
  for (const [problem, line] of cases) {
    const whole = { path: [], value: undefined, expected: "expected x", ...problem };
    assertEquals(describeProblem(whole), line);
  }
  assertEquals(excerpt(`${"x".repeat(59)}😀`), `${"x".repeat(59)}...`);
  assertEquals(expectedOneOf(["a", "b"]), 'expected one of "a", "b"');
});

Deno.test("names of devices and of JavaScript's own keys are reserved, and no others", () => {
  for (const name of ["con", "NUL", "aux.txt", "prn.", "com1", "lpt9.x"]) {
    assertEquals(refuseReserved(name), "a reserved name, that of a device of Windows", name);
  }
  for (const name of ["__proto__", "constructor", "prototype"]) {
    assertMatch(refuseReserved(name)!, /^a reserved name, which has a meaning of its own in Java/);
  }
  for (const name of ["console", "com", "com10", "xcon", "Constructor", "a.con"]) {
    assertEquals(refuseReserved(name), undefined, name);
  }
});
