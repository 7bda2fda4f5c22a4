import { assertEquals } from "@std/assert";
import { attempt, errorMessage } from "../../lib/base/mod.ts";

class Secretive extends Error {
  override get message(): string {
    throw new Error("no");
  }
}

Deno.test("an error's message is shown, and of other values what they are", () => {
  const cases: [thrown: unknown, message: string][] = [
    [new Error("no room"), "no room"],
    [new TypeError(""), "TypeError"],
    [new DOMException("late", "AbortError"), "late"],
    ["text", "text"],
    [undefined, "undefined"],
    [null, "null"],
    [7, "7"],
    [Symbol("s"), "Symbol(s)"],
    [{ a: 1 }, "[object Object]"],
    [[1], "[object Array]"],
    [() => {}, "a function"],
    [2n ** 60n, "a big number"],
    [Object.assign(new Error(), { message: { a: 1 } }), "[object Object]"],
  ];
  for (const [thrown, message] of cases) assertEquals(errorMessage(thrown), message);
});

Deno.test("an error that throws when it is read is an error that cannot be read", () => {
  const traps = {
    getPrototypeOf: () => {
      throw new Error("no");
    },
  };
  const thrower = {
    get [Symbol.toStringTag]() {
      throw new Error("no");
    },
  };
  for (const thrown of [new Secretive(), new Proxy({}, traps), thrower]) {
    assertEquals(errorMessage(thrown), "an error that cannot be read");
  }
});

Deno.test("a message of any length is cut, and a value of any depth is not walked into", () => {
  const long = errorMessage(new Error("x".repeat(1e6)));
  assertEquals([long.length, long.endsWith("x…")], [10_000, true]);
  // Its text by `String` would have 10^12 parts.
  let shared: unknown[] = [1];
  for (let i = 0; i < 6; i++) shared = Array(100).fill(shared);
  assertEquals(errorMessage(shared), "[object Array]");
});

Deno.test("an attempt gives what it returns, or what is made of the reason", () => {
  assertEquals(attempt(() => 1, () => 2), 1);
  const fail = () => {
    throw new Error("no");
  };
  assertEquals(attempt(fail, (why) => `failed: ${why}`), "failed: no");
});
