import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  cutText,
  type FromThread,
  pack,
  readFromThread,
  unpack,
} from "../../lib/thread/protocol.ts";

const NOW = 1_700_000_000_000;
const MB = 1024 * 1024;
const LONGEST_NAME = `X_${"9".repeat(62)}`;

Deno.test("what a thread tells is read; what a daemon makes up is not", () => {
  const log: FromThread = { type: "log", level: "info", message: "hello", time: NOW };
  const bytes = new Uint8Array([1, 2]);
  const child = { id: 1, task: "scan", name: "Main", pool: "MainPool", arguments: bytes };
  const start: FromThread = { type: "start-child", request: child };
  const noText: FromThread = { type: "failed", error: "an error that is no text" };
  const cases: [data: unknown, message: FromThread | undefined][] = [
    [log, log],
    [{ type: "running" }, { type: "running", hasHook: false }],
    [{ type: "running", hasHook: true }, { type: "running", hasHook: true }],
    [{ type: "finished", more: 1 }, { type: "finished", result: undefined }],
    [{ type: "finished", result: bytes }, { type: "finished", result: bytes }],
    [{ type: "finished", result: { n: 1 } }, { type: "finished", result: undefined }],
    [{ type: "failed", error: "boom" }, { type: "failed", error: "boom" }],
    [{ type: "failed", error: "boom", leaves: 1 }, { type: "failed", error: "boom" }],
    [
      { type: "failed", error: "boom", leaves: true },
      { type: "failed", error: "boom", leaves: true },
    ],
    [{ type: "failed", error: { n: 1 } }, noText],
    [{ type: "failed", error: Object.create(null) }, noText],
    [{ type: "start-child", request: { ...child, more: 1 } }, start],
    [{ type: "start-child", request: { ...child, pool: 7 } }, undefined],
    [{ type: "start-child", request: { ...child, task: "x".repeat(65) } }, undefined],
    [{ type: "start-child", request: { ...child, task: "a::b" } }, undefined],
    [{ type: "start-child", request: { ...child, task: "1a" } }, undefined],
    [
      { type: "start-child", request: { ...child, task: LONGEST_NAME } },
      { type: "start-child", request: { ...child, task: LONGEST_NAME } },
    ],
    [{ type: "start-child", request: { ...child, name: "" } }, undefined],
    [{ type: "start-child", request: { ...child, arguments: [1] } }, undefined],
    [{ type: "start-child", request: { ...child, arguments: undefined } }, undefined],
    [{ type: "start-child", request: { ...child, id: 1.5 } }, undefined],
    [{ type: "start-child" }, undefined],
    [{ type: "stop-child", id: 3 }, { type: "stop-child", id: 3 }],
    [{ type: "stop-child", id: "3" }, undefined],
    [
      { type: "ask", id: 1, what: { about: "disks", more: 1 } },
      { type: "ask", id: 1, what: { about: "disks" } },
    ],
    [{ type: "ask", id: 1, what: { about: "secrets" } }, undefined],
    [{ type: "ask", id: "1", what: { about: "disks" } }, undefined],
    [{ type: "ask", id: 1 }, undefined],
    [
      { type: "ask", id: 1, what: { about: "secret", name: "db", more: 1 } },
      { type: "ask", id: 1, what: { about: "secret", name: "db" } },
    ],
    [
      { type: "ask", id: 1, what: { about: "secret", name: LONGEST_NAME } },
      { type: "ask", id: 1, what: { about: "secret", name: LONGEST_NAME } },
    ],
    [{ type: "ask", id: 1, what: { about: "secret", name: "x".repeat(65) } }, undefined],
    [{ type: "ask", id: 1, what: { about: "secret", name: ["db"] } }, undefined],
    [{ type: "ask", id: 1, what: { about: "password", name: "db" } }, undefined],
    [{ type: "takes-arguments", more: 1 }, { type: "takes-arguments" }],
    [{ type: "end-process", what: 42, more: 1 }, { type: "end-process", what: 42 }],
    [{ type: "end-process", what: "icinga2" }, { type: "end-process", what: "icinga2" }],
    [
      { type: "end-process", what: "x".repeat(256) },
      { type: "end-process", what: "x".repeat(256) },
    ],
    [{ type: "end-process", what: 4.2 }, undefined],
    [{ type: "end-process", what: "x".repeat(257) }, undefined],
    [{ ...log, level: "loud" }, undefined],
    [{ ...log, message: 7 }, undefined],
    [{ type: "start" }, undefined],
    [null, undefined],
    [undefined, undefined],
    ["running", undefined],
    [[1], undefined],
    [new Map([["type", "running"]]), undefined],
  ];
  for (const [data, message] of cases) assertEquals(readFromThread(data, NOW), message);
});

Deno.test("a record's time is the agent's own where the given one is none, or far from it", () => {
  const timeOf = (time: unknown) =>
    (readFromThread({ type: "log", level: "info", message: "x", time }, NOW) as { time: number })
      .time;
  for (const time of [NOW - 60_000, NOW + 60_000]) assertEquals(timeOf(time), time);
  for (const time of [1e300, NaN, Infinity, "soon", null, NOW - 60_001, NOW + 60_001]) {
    assertEquals(timeOf(time), NOW);
  }
  assertEquals(timeOf({ toString: 1, valueOf: 1 }), NOW);
});

Deno.test("of a text that is too long the beginning is kept", () => {
  const { error } = readFromThread({ type: "failed", error: "x".repeat(1e6) }) as { error: string };
  assertMatch(error, /^x{16000}… \(1000000 characters\)$/);
  const log: FromThread = { type: "log", level: "info", message: "x".repeat(1e6), time: NOW };
  const { message } = readFromThread(log) as { message: string };
  assertMatch(message, /^x{16000}… \(1000000 characters\)$/);
  assertEquals(readFromThread({ ...log, message }, NOW), { ...log, message });
  // What says that it is cut would be as long as what is cut off.
  assertEquals(cutText("x".repeat(16_040)).length, 16_040);
  assertEquals(cutText("x".repeat(16_041)), `${"x".repeat(16_000)}… (16041 characters)`);
});

Deno.test("values whose parts are shared many times over are not looked into", () => {
  let shared: unknown = [1];
  for (let depth = 0; depth < 60; depth++) shared = [shared, shared];
  const types = [
    "log",
    "running",
    "finished",
    "failed",
    "start-child",
    "stop-child",
    "end-process",
  ];
  for (const type of types) {
    const data = {
      type,
      error: shared,
      result: shared,
      request: shared,
      id: shared,
      level: shared,
      message: shared,
      time: shared,
    };
    const request = { id: 1, task: shared, name: shared, arguments: shared };
    for (const given of [data, { type, request }]) {
      const taken = Object.values(readFromThread(given) ?? {});
      assertEquals(taken.includes(shared), false, type);
    }
  }
});

Deno.test("bytes that are too many, show a part of too many, or are shared, are not taken", () => {
  const resultOf = (result: unknown) =>
    (readFromThread({ type: "finished", result }) as { result?: Uint8Array }).result;
  assertEquals(resultOf(new Uint8Array(MB))?.length, MB);
  assertEquals(resultOf(new Uint8Array(MB + 1)), undefined);
  assertEquals(resultOf(new Uint8Array(2 * MB).subarray(0, 1)), undefined);
  assertEquals(resultOf(new Uint8Array(new SharedArrayBuffer(8))), undefined);
  assertEquals(resultOf(new DataView(new ArrayBuffer(8))), undefined);
});

Deno.test("a value comes back from its bytes as it was, and bytes hold nothing beside it", () => {
  const values = [
    ...[undefined, null, 1, "x", 10n, true, [1, , 3], { a: { b: [1] } }, new Date(0), /x/g],
    ...[
      new Map([[1, new Set([2])]]),
      new Uint8Array([1, 2, 3]).subarray(1),
      new Float64Array([1.5]),
    ],
  ];
  for (const value of values) {
    const bytes = pack(value, "the value");
    assertEquals(unpack(bytes), value);
    assertEquals(bytes.buffer.byteLength, bytes.length);
    assert(readFromThread({ type: "finished", result: bytes }));
  }
});

Deno.test("what cannot be cloned, or is too large, is refused to who gives it", () => {
  using port = Object.assign(new MessageChannel().port1, { [Symbol.dispose]: () => port.close() });
  for (const value of [() => 1, Symbol("x"), port, { deep: [port] }, new SharedArrayBuffer(1)]) {
    assertThrows(() => pack(value, "the value"), Error, "");
  }
  assertEquals(pack("x".repeat(MB - 100), "the value").length < MB, true);
  assertThrows(() => pack("x".repeat(MB), "the value"), TypeError, "the value take 1.0 MB");
  assertThrows(
    () => pack(new Uint8Array(3 * MB), "the arguments of a thread"),
    TypeError,
    "the arguments of a thread take 3.0 MB; expected at most 1 MB",
  );
});
