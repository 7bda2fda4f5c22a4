import { assertEquals } from "@std/assert";
import { cut, sanitize } from "../../lib/base/mod.ts";

Deno.test("line ends and the blanks around them become one blank, other blanks stay", () => {
  assertEquals(sanitize(" a  b \r\n\t c\n\nd\te "), "a  b c d e");
  assertEquals(sanitize("a\u2028b\u2029c\vd\fe"), "a b c d e");
});

Deno.test("no control character and no mark of writing direction is left", () => {
  assertEquals(sanitize("red \x1b[31m\x9b1m\x7f\x00"), "red �[31m�1m��");
  const marks = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
  for (const mark of marks) assertEquals(sanitize(`a${mark}b`), "a�b");
  assertEquals(sanitize("Größe 大 ✓"), "Größe 大 ✓");
});

Deno.test("a million blanks are one pass over the text, and not one for each blank", () => {
  // A quadratic expression would take minutes.
  const text = `x${" ".repeat(1e6)}x`;
  assertEquals(sanitize(text) === text, true);
});

Deno.test("a text that is too long is cut, and no character is halved", () => {
  assertEquals(cut("abcd", 4), "abcd");
  assertEquals(cut("abcde", 4), "abc…");
  assertEquals(cut("ab😀de", 4), "ab…");
  assertEquals(cut("abcde", 1), "…");
});
