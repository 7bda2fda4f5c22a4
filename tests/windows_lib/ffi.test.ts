import { assertEquals, assertMatch } from "@std/assert";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import {
  addressOf,
  fromWide,
  pointerIn,
  referring,
  wide,
  wideAt,
} from "../../lib/windows/ffi/memory.ts";

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
