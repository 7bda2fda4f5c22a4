import { assertEquals } from "@std/assert";
import { describeProblem } from "../../../lib/base/mod.ts";
import { readWords } from "../../../lib/cli/daemon/arguments.ts";
import type { ArgumentSpecs } from "../../../lib/daemon/arguments.ts";

const specs: ArgumentSpecs = {
  n: { type: "number", description: "" },
  s: { type: "string", description: "" },
  on: { type: "boolean", description: "" },
  list: { type: "list", description: "" },
};

Deno.test("arguments are typed key=value, as their types are written", () => {
  const cases: [words: string[], read: Record<string, unknown>][] = [
    [["s=a=b", "n=-1.5e3", "on=true", "list=a, b"], {
      s: "a=b",
      n: -1500,
      on: true,
      list: ["a", "b"],
    }],
    // What is no number is left to the check of arguments, which names what would be right.
    [["n=0x5"], { n: "0x5" }],
    [["n= 5"], { n: " 5" }],
    [["n="], { n: "" }],
    [["on=1", "list="], { on: "1", list: [] }],
  ];
  for (const [words, read] of cases) {
    assertEquals(readWords(words, specs), { values: read, problems: [] });
  }
});

Deno.test("what is no argument is said, all of it; what the daemon does not take is left to the check", () => {
  const { values, problems } = readWords(["s=a", "fast", "s=b", "lits=a", "a\nb", "=c"], specs);
  assertEquals(values, { s: "a", lits: "a" });
  assertEquals(problems.map(describeProblem), [
    "fast: no value; arguments are typed key=value",
    "s: typed twice; type it once",
    '"a\\nb": no value; arguments are typed key=value',
    '"=c": no value; arguments are typed key=value',
  ]);
});

Deno.test("names that objects inherit are arguments like others", () => {
  const { values } = readWords(["toString=1", "__proto__=2"], specs);
  assertEquals(Object.entries(values), [["toString", "1"], ["__proto__", "2"]]);
});
