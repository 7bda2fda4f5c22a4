import { assertEquals } from "@std/assert";
import { replaced } from "./printed.ts";
import { isColourful, paint, sanitizePainted } from "../../lib/cli/output.ts";
import {
  align,
  type Cell,
  fold,
  table,
  type TableLimits,
  terminalWidth,
} from "../../lib/cli/table.ts";

/** The table of rows with a cell for each header. */
function tableOf(headers: string[], rows: Cell[][], limits: TableLimits): string[] {
  const columns = headers.map((header, i) => [header, (row: Cell[]) => row[i]!] as const);
  return table(Object.fromEntries(columns), rows, limits);
}

Deno.test("columns are below each other, and paint does not count", () => {
  const { red } = paint(true);
  const rows = [["a", "b"], [{ text: "long", paint: red }, "x"]];
  assertEquals(tableOf(["ONE", "TWO"], rows, { width: 80 }), [
    "ONE   TWO",
    "a     b",
    "\x1b[31mlong\x1b[39m  x",
  ]);
});

Deno.test("texts are aligned by their widest, and an empty column takes no place", () => {
  assertEquals(align([["a", "", "bb"], ["ccc", "", "d"]]), ["a      bb", "ccc    d"]);
  assertEquals(align([["a", "b"]], 3), ["a    b"]);
  assertEquals(align([]), []);
});

Deno.test("a line that is wider than the terminal is broken between words, below its last column", () => {
  const cases: [text: string, width: number, folded: string[]][] = [
    ["short\n\n  stays", 20, ["short", "", "  stays"]],
    ["one two three four", 10, ["one two", "  three", "  four"]],
    ["  --flag X  what it is for", 20, ["  --flag X  what it", "            is for"]],
    ["    what it is for, and more", 20, ["    what it is for,", "    and more"]],
    // Too little room beside the column: below it.
    [
      "  list|show|new  what it is for",
      20,
      ["  list|show|new", "      what it is", "      for"],
    ],
    // A word that no line takes is not broken: it may be a path.
    ["  a  C:\\a\\long\\path\\to\\it b", 12, ["  a  C:\\a\\long\\path\\to\\it", "     b"]],
    ["ääää ööö", 8, ["ääää", "  ööö"]],
    ["漢字 漢字", 9, ["漢字", "  漢字"]],
    ["\ta bb", 4, ["\ta", "  bb"]],
  ];
  for (const [text, width, folded] of cases) assertEquals(fold(text, width), folded.join("\n"));
  assertEquals(fold("one two three"), "one two three");
});

Deno.test("each paint has its number, and ends; without colours there is none", () => {
  const codes = { bold: [1, 22], dim: [2, 22], green: [32, 39], yellow: [33, 39], red: [31, 39] };
  for (const [name, [begin, end]] of Object.entries(codes)) {
    const key = name as keyof typeof codes;
    assertEquals(paint(true)[key]("x"), `\x1b[${begin}mx\x1b[${end}m`);
    assertEquals(sanitizePainted(paint(true)[key]("x")), paint(true)[key]("x"));
    assertEquals(paint(false)[key]("x"), "x");
  }
});

Deno.test("there is a width and colour on a terminal alone, and none where NO_COLOR is set", () => {
  const before = Deno.env.get("NO_COLOR");
  let columns = () => 40;
  const size = () => ({ columns: columns(), rows: 1 });
  const restore = [
    replaced(Deno.stdout, "isTerminal", () => false),
    replaced(Deno, "consoleSize", size),
  ];
  try {
    Deno.env.delete("NO_COLOR");
    assertEquals([terminalWidth(), isColourful()], [undefined, false]);
    Deno.stdout.isTerminal = () => true;
    assertEquals([terminalWidth(), isColourful()], [40, true]);
    columns = () => 0;
    assertEquals(terminalWidth(), undefined);
    Deno.env.set("NO_COLOR", "1");
    columns = () => {
      throw new Error("no size");
    };
    assertEquals([terminalWidth(), isColourful()], [undefined, false]);
  } finally {
    restore.forEach((restore) => restore());
    if (before === undefined) Deno.env.delete("NO_COLOR");
    else Deno.env.set("NO_COLOR", before);
  }
});

Deno.test("no cell begins a line, moves the cursor or turns the writing round", () => {
  const evil = "a\nb\x1b[2J\x9bc\u202ed\u2066e\u2028f\tg";
  assertEquals(tableOf(["ONE"], [[evil]], { width: 80 }), ["ONE", "a b�[2J�c�d�e f g"]);
});

Deno.test("a table fits its terminal, and elsewhere each cell its limit", () => {
  const rows = [["x".repeat(5_000), "RUNNING", "ä".repeat(300)]];
  for (const width of [40, 80, 200]) {
    const [, line] = tableOf(["NAME", "STATE", "ERROR"], rows, { width });
    assertEquals([...line!].length, width);
    assertEquals(line!.match(/…/g)?.length, 2);
    assertEquals(line!.includes("RUNNING"), true);
  }
  const [, line] = tableOf(["NAME", "STATE", "ERROR"], rows, { width: Infinity });
  assertEquals(line, `${"x".repeat(199)}…  RUNNING  ${"ä".repeat(199)}…`);
});

Deno.test("many columns fit a terminal too, each as narrow as need be", () => {
  const headers = Array.from({ length: 10 }, (_, i) => `COLUMN ${i}`);
  for (const width of [40, 80]) {
    const lines = tableOf(headers, [headers.map(() => "x".repeat(99))], { width });
    assertEquals(lines.map((line) => line.length <= width), [true, true]);
    assertEquals(lines[1]!.match(/x…/g)?.length, 10);
  }
  assertEquals(tableOf(headers, [], { width: 1 })[0], "…  ".repeat(10).trimEnd());
});

Deno.test("letters of East Asia and emoji take two columns, and what joins a letter none", () => {
  const rows = [["漢字漢字漢字漢字", "|"], ["e\u0301".repeat(5), "|"], ["😀ab", "|"]];
  assertEquals(tableOf(["A", "B"], rows, { width: 14 }).slice(1), [
    "漢字漢字漢…  |",
    `${"e\u0301".repeat(5)}        |`,
    "😀ab         |",
  ]);
});

Deno.test("a table of very many rows is laid out too", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [String(i)]);
  assertEquals(tableOf(["N"], rows, { width: 80 }).length, 200_001);
});

Deno.test("what is printed keeps its lines and its paint, and nothing else that a terminal obeys", () => {
  const { bold, green } = paint(true);
  const painted = `${bold(green("OK"))}: well\n\tmore\r\n`;
  assertEquals(sanitizePainted(painted), painted);
  assertEquals(
    sanitizePainted("a\x1b[2Jb\x1b]0;title\x07c\rd\x9be\u202ef\u2028g\x1b[5mh"),
    "a�[2Jb�]0;title�c�d�e�f�g�[5mh",
  );
});
