import { assertEquals } from "@std/assert";
import { places } from "../../lib/config/place.ts";

Deno.test("lines and columns count from 1, columns in UTF-16 code units", () => {
  const place = places('{\n  "é😀": 1\n}');
  assertEquals(place(0), { line: 1, column: 1 });
  assertEquals(place(1), { line: 1, column: 2 });
  assertEquals(place(2), { line: 2, column: 1 });
  assertEquals(place(11), { line: 2, column: 10 });
  assertEquals(place(13), { line: 3, column: 1 });
  assertEquals(place(14), { line: 3, column: 2 });
});

Deno.test("every kind of line end ends one line", () => {
  const place = places("a\r\nb\rc\nd\n");
  assertEquals([0, 3, 5, 7, 9].map((offset) => place(offset).line), [1, 2, 3, 4, 5]);
  assertEquals(place(3), { line: 2, column: 1 });
});

Deno.test("a text without lines has a first place", () => {
  assertEquals(places("")(0), { line: 1, column: 1 });
});
