import { assertEquals } from "@std/assert";
import {
  counted,
  cut,
  formatIp,
  hideSecrets,
  positions,
  printable,
  sanitize,
  sanitizeLines,
} from "../../lib/base/mod.ts";

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

Deno.test("lines and columns count from 1, columns in UTF-16 code units", () => {
  const position = positions('{\n  "é😀": 1\n}');
  assertEquals(position(0), { line: 1, column: 1 });
  assertEquals(position(1), { line: 1, column: 2 });
  assertEquals(position(2), { line: 2, column: 1 });
  assertEquals(position(11), { line: 2, column: 10 });
  assertEquals(position(13), { line: 3, column: 1 });
  assertEquals(position(14), { line: 3, column: 2 });
});

Deno.test("every kind of line end ends one line", () => {
  const position = positions("a\r\nb\rc\nd\n");
  assertEquals([0, 3, 5, 7, 9].map((offset) => position(offset).line), [1, 2, 3, 4, 5]);
  assertEquals(position(3), { line: 2, column: 1 });
});

Deno.test("an empty text has a first position", () => {
  assertEquals(positions("")(0), { line: 1, column: 1 });
});

Deno.test("lines stay lines, and nothing else in them is obeyed", () => {
  assertEquals(
    sanitizeLines("a\nb\r\nc\td\re\x1b[2Jf\x9bg\u202eh\u2028i\u061cj\x00"),
    "a\nb\r\nc\td�e�[2Jf�g�h�i�j�",
  );
});

Deno.test("a number of things has its plural", () => {
  assertEquals([0, 1, 2].map((n) => counted(n, "restart")), [
    "0 restarts",
    "1 restart",
    "2 restarts",
  ]);
});

Deno.test("addresses are written in their shortest form, IPv4 within IPv6 as IPv4", () => {
  const zeros = (count: number) => Array<number>(count).fill(0);
  for (
    const [bytes, text] of [
      [[192, 168, 0, 1], "192.168.0.1"],
      [[...zeros(10), 255, 255, 127, 0, 0, 1], "127.0.0.1"],
      [[...zeros(15), 1], "::1"],
      [[0xfe, 0x80, ...zeros(13), 1], "fe80::1"],
      [[0x20, 1, 0xd, 0xb8, 0, 1, ...zeros(8), 0xa, 0xbc], "2001:db8:1::abc"],
      [zeros(16), "::"],
    ] as const
  ) assertEquals(formatIp(bytes), text);
});

Deno.test("addresses show no password, neither a user's nor one of the query", () => {
  const cases = [
    ["GET https://u:pw@h/p?a=1", "GET https://u:***@h/p?a=1"],
    ["http://h/?password=a%20b&n=1&api_key=k#x", "http://h/?password=***&n=1&api_key=***#x"],
    ["(http://h/?Access-Token=t), and", "(http://h/?Access-Token=***), and"],
    ["http://h/?secret=&sig=s", "http://h/?secret=&sig=***"],
    ["http://h/?tokens=3&page=2 key=value", "http://h/?tokens=3&page=2 key=value"],
  ];
  for (const [text, shown] of cases) assertEquals(hideSecrets(text!), shown);
});

Deno.test("what cannot be seen is escaped, and everything else stays", () => {
  assertEquals(
    printable("a\n\r\t\x01\u2028\u200b\u{e0001} é😀"),
    "a\\n\\r\\t\\u0001\\u2028\\u200b\\udb40\\udc01 é😀",
  );
});
