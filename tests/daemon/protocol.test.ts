import { assertEquals, assertMatch } from "@std/assert";
import { type FromThread, readFromThread } from "../../lib/daemon/protocol.ts";

Deno.test("what a thread tells is read; what a daemon makes up is not", () => {
  const log: FromThread = { type: "log", level: "info", message: "hello", time: 1 };
  const child = { id: 1, task: "scan", name: "Main", pool: "MainPool", arguments: [1] };
  const cases: [data: unknown, message: FromThread | undefined][] = [
    [log, log],
    [{ type: "running" }, { type: "running", hasHook: false }],
    [{ type: "running", hasHook: true }, { type: "running", hasHook: true }],
    [{ type: "finished", more: 1 }, { type: "finished", result: undefined }],
    [{ type: "failed", error: "boom" }, { type: "failed", error: "boom" }],
    [{ type: "failed", error: { n: 1 } }, { type: "failed", error: "{ n: 1 }" }],
    [{ type: "failed", error: Object.create(null) }, {
      type: "failed",
      error: "[Object: null prototype] {}",
    }],
    [{ type: "start-child", request: { ...child, more: 1 } }, {
      type: "start-child",
      request: child,
    }],
    [{ type: "start-child", request: { ...child, pool: 7 } }, undefined],
    [{ type: "start-child" }, undefined],
    [{ type: "stop-child", id: 3 }, { type: "stop-child", id: 3 }],
    [{ type: "stop-child", id: "3" }, undefined],
    [{ ...log, level: "loud" }, undefined],
    [{ ...log, time: "soon" }, undefined],
    [{ ...log, message: 7 }, { ...log, message: "7" }],
    [{ type: "start" }, undefined],
    [null, undefined],
    [undefined, undefined],
    ["running", undefined],
    [[1], undefined],
  ];
  for (const [data, message] of cases) assertEquals(readFromThread(data), message);
});

Deno.test("of a message that is too long the beginning is kept", () => {
  const read = readFromThread({ type: "failed", error: "x".repeat(1e6) });
  const { error } = read as Extract<FromThread, { type: "failed" }>;
  assertEquals(error.length < 17_000, true);
  assertMatch(error, /^x+… \(1000000 characters\)$/);
});
