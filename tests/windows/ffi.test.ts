import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { check, checkCode, filled, WindowsError } from "../../lib/windows/ffi/errors.ts";
import {
  addressOf,
  fromWide,
  pointerIn,
  referring,
  wide,
  wideAt,
} from "../../lib/windows/ffi/memory.ts";
import { fail, fakeWindows, put } from "./fake_windows.ts";

fakeWindows({});

for (const text of ["", "a", "umlauts ä ü", "beyond 🛡️ the plane"]) {
  Deno.test(`wide text and back: ${JSON.stringify(text)}`, () => {
    const bytes = wide(text);
    assertEquals(bytes.length, 2 * text.length + 2);
    assertEquals(fromWide(bytes), text);
    assertEquals(wideAt(Deno.UnsafePointer.of(bytes)), text);
  });
}

Deno.test("text ends at its NUL, whatever is behind", () => {
  assertEquals(fromWide(new Uint8Array([...wide("one"), ...wide("two")])), "one");
  assertEquals(wideAt(null), "");
});

Deno.test("a structure holds what it refers to", () => {
  const bytes = referring(16, 8, wide("held"));
  assertEquals(bytes.length, 16 + 10);
  assertEquals(wideAt(pointerIn(bytes, 8)), "held");
  assertEquals(new DataView(bytes.buffer).getBigUint64(8, true), addressOf(bytes) + 16n);
});

Deno.test("an error of Windows says what failed, why, its code, and what to do", () => {
  const message = (code: number) => new WindowsError(code, "open service 'x'").message;
  assertEquals(
    message(1060),
    "Cannot open service 'x': the service is not installed (Windows error 1060); " +
      "compare its name in services.msc",
  );
  assertMatch(message(5), /: access is denied; open the console as administrator$/);
  assertMatch(message(4711), /run 'net helpmsg' with this number/);
});

Deno.test("a result that says that a call has failed is an error, by whatever it says so", () => {
  fail(1072);
  for (const failed of [0, null]) {
    assertThrows(() => check(failed, "do it"), WindowsError, "Cannot do it: it is marked for del");
  }
  assertEquals(check(7, "do it"), 7);
  assertThrows(() => checkCode(1072, "do it"), WindowsError, "Cannot do it: it is marked for del");
  checkCode(0, "do it");
});

Deno.test("a buffer grows until what Windows tells fits", () => {
  for (const code of [122, 234]) {
    const sizes: number[] = [];
    const bytes = filled((buffer, size, needed) => {
      sizes.push(size);
      put(needed, 3_000);
      if (size < 5_000) return code;
      buffer.fill(7);
      return 0;
    }, "read");
    assertEquals([sizes.length, bytes!.length >= 5_000, bytes![4_999]], [3, true, 7]);
  }
});

Deno.test("a setting that is not known is none, and any other failure is an error", () => {
  assertEquals(filled(() => 124, "read"), undefined);
  assertThrows(() => filled(() => 5, "read it"), WindowsError, "Cannot read it: access is");
  // It would call for ever.
  const endless = () =>
    filled((_, __, needed) => {
      put(needed, 0);
      return 122;
    }, "read it");
  assertThrows(endless, WindowsError, "Cannot read it");
});
