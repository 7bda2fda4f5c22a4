import { assertEquals } from "@std/assert";
import { oneLine } from "../lib/one_line.ts";

Deno.test("line ends and the blanks around them become one blank, other blanks stay", () => {
  assertEquals(oneLine(" a  b \r\n\t c\n\nd\te "), "a  b c d�e");
  assertEquals(oneLine("red \x1b[31m"), "red �[31m");
});

Deno.test("a million blanks are one pass over the text, and not one for each blank", () => {
  // A quadratic expression would take minutes.
  const text = `x${" ".repeat(1e6)}x`;
  assertEquals(oneLine(text) === text, true);
});
