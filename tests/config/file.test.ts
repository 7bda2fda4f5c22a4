import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { describeProblem } from "../../lib/base/mod.ts";
import { decodeText, encodeLike } from "../../lib/config/file.ts";

const TEXT = '{\n  // größer 😀\n  "log": {}\n}';

function utf8(text: string, ...mark: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...mark, ...new TextEncoder().encode(text));
}

function utf16(text: string, order: "LE" | "BE", ...mark: number[]): Uint8Array<ArrayBuffer> {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const bytes = units.flatMap((unit) => [unit & 0xff, unit >> 8]);
  return Uint8Array.of(...mark, ...order === "LE" ? bytes : swapped(bytes));
}

function swapped(bytes: number[]): number[] {
  return bytes.map((_, i) => bytes[i ^ 1]!);
}

function complaint(bytes: Uint8Array<ArrayBuffer>): string {
  const read = decodeText(bytes);
  return typeof read === "string"
    ? `read ${read}`
    : `${read.line}:${read.column} ${describeProblem(read)}`;
}

Deno.test("what Notepad saves is read: UTF-8 with and without a mark, UTF-16 of both orders", () => {
  assertEquals(decodeText(utf8(TEXT)), TEXT);
  assertEquals(decodeText(utf8(TEXT, 0xef, 0xbb, 0xbf)), TEXT);
  assertEquals(decodeText(utf16(TEXT, "LE", 0xff, 0xfe)), TEXT);
  assertEquals(decodeText(utf16(TEXT, "BE", 0xfe, 0xff)), TEXT);
});

Deno.test("what is rewritten keeps its encoding and its mark", () => {
  const changed = `${TEXT} // ü`;
  for (const mark of [[], [0xef, 0xbb, 0xbf]]) {
    assertEquals(encodeLike(utf8(TEXT, ...mark), changed), utf8(changed, ...mark));
  }
  for (const [order, mark] of [["LE", [0xff, 0xfe]], ["BE", [0xfe, 0xff]]] as const) {
    assertEquals(encodeLike(utf16(TEXT, order, ...mark), changed), utf16(changed, order, ...mark));
  }
  assertEquals(encodeLike(undefined, changed), utf8(changed));
});

Deno.test("any text comes back whole from each of them", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (string) => {
    const text = "{ " + string.toWellFormed();
    assertEquals(decodeText(utf8(text)), text);
    assertEquals(decodeText(utf16(text, "LE", 0xff, 0xfe)), text);
    assertEquals(decodeText(utf16(text, "BE", 0xfe, 0xff)), text);
  }));
});

Deno.test("a file in a Windows code page is named by its first byte that is no UTF-8", () => {
  const start = utf8('{\n  "log": "gr');
  const bytes = Uint8Array.of(...start, 0xfc, 0xdf, 0x22, 0x7d);
  assertEquals(complaint(bytes), "2:13 byte 0xFC is not UTF-8; save the file as UTF-8");
});

Deno.test("what comes before the wrong byte counts in UTF-16 code units", () => {
  const bytes = Uint8Array.of(...utf8("é😀\r\n😀"), 0xff);
  assertEquals(complaint(bytes), "2:3 byte 0xFF is not UTF-8; save the file as UTF-8");
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf, 0xff);
  assertEquals(complaint(marked), "1:1 byte 0xFF is not UTF-8; save the file as UTF-8");
});

Deno.test("a character that is cut off, overlong or a surrogate is named by its first byte", () => {
  const cases = { "0xF0": [0xf0, 0x9f, 0x98], "0xC0": [0xc0, 0x80], "0xED": [0xed, 0xa0, 0x80] };
  for (const [byte, bytes] of Object.entries(cases)) {
    const expected = `1:2 byte ${byte} is not UTF-8; save the file as UTF-8`;
    assertEquals(complaint(Uint8Array.of(0x7b, ...bytes)), expected);
  }
});

Deno.test("UTF-16 without a mark is named as such", () => {
  const expected = "1:1 looks like UTF-16 without a byte order mark; save the file as UTF-8";
  assertEquals(complaint(utf16(TEXT, "LE")), expected);
  assertEquals(complaint(utf16(TEXT, "BE")), expected);
});

Deno.test("UTF-32 is named as such, though its mark begins as that of UTF-16", () => {
  const expected = "1:1 is UTF-32; save the file as UTF-8";
  assertEquals(complaint(Uint8Array.of(0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0)), expected);
  assertEquals(complaint(Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b)), expected);
});

Deno.test("UTF-16 that is cut off or has half a character is named by its place", () => {
  const cut = utf16("{\n}", "LE", 0xff, 0xfe).subarray(0, -1);
  assertEquals(complaint(cut), "2:1 byte 0x7D is not UTF-16LE; save the file as UTF-8");
  const early = utf16("{\n", "LE", 0xff, 0xfe).subarray(0, -1);
  assertEquals(complaint(early), "1:2 byte 0x0A is not UTF-16LE; save the file as UTF-8");
  const half = utf16("{\ud800}", "BE", 0xfe, 0xff);
  assertEquals(complaint(half), "1:2 byte 0xD8 is not UTF-16BE; save the file as UTF-8");
});

Deno.test("no bytes, and a mark alone, are an empty text", () => {
  assertEquals(decodeText(new Uint8Array()), "");
  assertEquals(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf)), "");
  assertEquals(decodeText(Uint8Array.of(0xff, 0xfe)), "");
});
