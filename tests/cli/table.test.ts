import { assertEquals } from "@std/assert";
import { paint, printable } from "../../lib/cli/output.ts";
import { table } from "../../lib/cli/table.ts";

const cells = (...texts: string[]) => texts.map((text) => ({ text }));

Deno.test("columns are below each other, and paint does not count", () => {
  const { red } = paint(true);
  const rows = [cells("a", "b"), [{ text: "long", paint: red }, { text: "x" }]];
  assertEquals(table(["ONE", "TWO"], rows, { width: 80 }), [
    "ONE   TWO",
    "a     b",
    "\x1b[31mlong\x1b[39m  x",
  ]);
});

Deno.test("no cell begins a line, moves the cursor or turns the writing round", () => {
  const evil = "a\nb\x1b[2J\x9bc\u202ed\u2066e\u2028f\tg";
  assertEquals(table(["ONE"], [cells(evil)], { width: 80 }), ["ONE", "a b�[2J�c�d�e f g"]);
});

Deno.test("a table fits its terminal, and elsewhere each cell its limit", () => {
  const rows = [cells("x".repeat(5_000), "RUNNING", "ä".repeat(300))];
  for (const width of [40, 80, 200]) {
    const [, line] = table(["NAME", "STATE", "ERROR"], rows, { width });
    assertEquals([...line!].length, width);
    assertEquals(line!.match(/…/g)?.length, 2);
    assertEquals(line!.includes("RUNNING"), true);
  }
  const [, line] = table(["NAME", "STATE", "ERROR"], rows, { width: Infinity });
  assertEquals(line, `${"x".repeat(199)}…  RUNNING  ${"ä".repeat(199)}…`);
  assertEquals(table(["A", "B", "C"], rows, { width: 1 })[1]!.length, 8 + 2 + 7 + 2 + 8);
});

Deno.test("a table of very many rows is laid out too", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => cells(String(i)));
  assertEquals(table(["N"], rows, { width: 80 }).length, 200_001);
});

Deno.test("what is printed keeps its lines and its paint, and nothing else that a terminal obeys", () => {
  const { bold, green } = paint(true);
  const painted = `${bold(green("OK"))}: well\n\tmore\r\n`;
  assertEquals(printable(painted), painted);
  assertEquals(
    printable("a\x1b[2Jb\x1b]0;title\x07c\rd\x9be\u202ef\u2028g\x1b[5mh"),
    "a�[2Jb�]0;title�c�d�e�f�g�[5mh",
  );
});
