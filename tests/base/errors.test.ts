import { assertEquals } from "@std/assert";
import { attempt, errorMessage, plainError } from "../../lib/base/mod.ts";

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

Deno.test("the usual causes are said in plain words, on Linux and Windows", () => {
  const cases: [message: string, linux: string | undefined, windows: string | undefined][] = [
    ["getaddrinfo ENOTFOUND mail", ...both("the name is not found")],
    ["connect ECONNREFUSED 127.0.0.1:1", ...both("the connection is refused")],
    ["EEXIST: file already exists, mkdir '/x/logs'", ...both("a file has this name")],
    ["Failed to spawn 'nope': entity not found", ...both("it does not exist")],
    ["Failed to spawn 'C:\\x.exe': File not found", ...both("it does not exist")],
    ["No such file or directory (os error 2): readfile '/x'", ...both("it does not exist")],
    [
      "url (http://a/): client error (Connect): x (os error 111)",
      "the connection is refused",
      undefined,
    ],
    [
      "url (http://a/): client error (Connect): x (os error 10061)",
      undefined,
      "the connection is refused",
    ],
    ["Nicht da (os error 3)", undefined, "it does not exist"],
    ["x (os error 11001)", undefined, "the name is not found"],
    ["x (os error 110)", "no answer in time", undefined],
    ["x (os error 10060)", undefined, "no answer in time"],
    ["Permission denied (os error 13)", "access is denied", undefined],
    ["Zugriff verweigert (os error 5)", undefined, "access is denied"],
    ["x (os error 20)", "a part of its path is no folder", undefined],
    ["x (os error 267)", undefined, "a part of its path is no folder"],
    ["Is a directory (os error 21)", "it is a folder", undefined],
    ["x (os error 28)", "no space is left on the disk", undefined],
    ["x (os error 112)", undefined, "no space is left on the disk"],
    ["x (os error 30)", "its file system is read-only", undefined],
    ["x (os error 19)", undefined, "its file system is read-only"],
    ["x (os error 32)", undefined, "another program has it open"],
    ["x (os error 99)", "this host has no such address", undefined],
    ["x (os error 10049)", undefined, "this host has no such address"],
    ["status 500", undefined, undefined],
  ];
  for (const [message, linux, windows] of cases) {
    assertEquals(plainError(new Error(message), "linux"), linux ?? message);
    assertEquals(plainError(new Error(message), "windows"), windows ?? message);
  }
});

function both(said: string): [linux: string, windows: string] {
  return [said, said];
}

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
