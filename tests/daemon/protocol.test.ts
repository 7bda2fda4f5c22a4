import { assertEquals } from "@std/assert";
import { type FromThread, readFromThread } from "../../lib/daemon/protocol.ts";

Deno.test("what a thread tells is read; what a daemon makes up is not", () => {
  const log: FromThread = { type: "log", level: "info", message: "hello", time: 1 };
  const cases: [data: unknown, message: FromThread | undefined][] = [
    [log, log],
    [{ type: "running" }, { type: "running" }],
    [{ type: "finished", more: 1 }, { type: "finished" }],
    [{ type: "failed", error: "boom" }, { type: "failed", error: "boom" }],
    [{ type: "failed", error: { n: 1 } }, { type: "failed", error: "[object Object]" }],
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
