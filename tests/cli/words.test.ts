import { assertEquals, assertThrows } from "@std/assert";
import { readWords } from "../../lib/cli/daemon/words.ts";
import { UsageError } from "../../lib/cli/command.ts";
import type { ArgumentSpecs } from "../../lib/config/arguments.ts";

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
  for (const [words, read] of cases) assertEquals(readWords(words, specs), read);
});

Deno.test("what cannot be meant is said", () => {
  const cases: [words: string[], said: string][] = [
    [["s"], "Unexpected 's'; arguments are typed key=value"],
    [["s=a", "s=b"], "Argument 's' is typed twice; type it once"],
    [["lits=a"], `Unknown argument 'lits'; did you mean "list"?`],
  ];
  for (const [words, said] of cases) assertThrows(() => readWords(words, specs), UsageError, said);
});
