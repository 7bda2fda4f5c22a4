import { assertEquals } from "@std/assert";
import type { LogLevel } from "../../lib/log/mod.ts";
import {
  countMissing,
  eventOf,
  eventSource,
  eventText,
  openEventLog,
} from "../../lib/windows/event_log.ts";
import { pointerIn, wideAt } from "../../lib/windows/ffi/memory.ts";
import { behind, failNull, fakeWindows, handleOf, leftOpen, textOf } from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What stands in the event log: type, number, text. */
const written: [type: number, id: number, text: string][] = [];
/** Ends a call that is under way, with its result; absent: calls end by themselves. */
let waiting: ((result: number) => void)[] | undefined;
/** Whether calls come to nothing at all. */
let isLost = false;
/** Whether Windows has the event log. */
let isThere = true;

fakeWindows({
  RegisterEventSourceW: (server: null, source: Bytes) =>
    isThere && server === null ? handleOf("DeregisterEventSource", textOf(source)) : failNull(5),
  ReportEventW(
    ...[source, type, category, id, user, count, size, texts, data]: [
      ...[Deno.PointerValue, number, number, number, null],
      ...[number, number, Bytes, null],
    ]
  ) {
    assertEquals([behind(source), category, user, size, data], ["icinga-warden", 0, null, 0, null]);
    assertEquals(count, 1);
    if (isLost) return Promise.reject(new Error("the call was lost"));
    const text = wideAt(pointerIn(texts));
    // Windows refuses longer ones.
    if (text.length > 31_839) return 0;
    written.push([type, id, text]);
    return waiting ? new Promise<number>((resolve) => waiting!.push(resolve)) : 1;
  },
  RegGetValueW: () => 2,
});

const ERROR = 1, WARNING = 2;

// docs/windows.md lists these numbers: none may ever change its meaning
const events: [LogLevel, source: string, id: number | undefined, type: number | undefined][] = [
  ["trace", "agent", undefined, undefined],
  ["debug", "agent", undefined, undefined],
  ["info", "agent", undefined, undefined],
  ["warning", "agent", 100, WARNING],
  ["warning", "icinga_agent_service::run::Main::0", 101, WARNING],
  ["error", "agent", 200, ERROR],
  ["error", "icinga_agent_service::run::Main::0", 201, ERROR],
  ["fatal", "agent", 300, ERROR],
];

for (const [level, source, id, type] of events) {
  Deno.test(`${level} of ${source} is event ${id}`, () => {
    const event = eventOf({ level, source });
    assertEquals([event?.id, event?.type], [id, type]);
  });
}

Deno.test("an event names the thread that it is of", () => {
  assertEquals(eventText({ source: "agent", message: "m" }), "m");
  assertEquals(eventText({ source: "x::run::Main::0", message: "m" }), "x::run::Main::0: m");
});

Deno.test("every event number is in the documentation", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/windows.md", import.meta.url));
  const listed = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, id]) => Number(id));
  assertEquals(listed, [...new Set(events.flatMap(([, , id]) => id ?? []))]);
});

Deno.test("events that are not written are counted until one is written again", () => {
  const told: (string | undefined)[] = [];
  const count = countMissing((trouble) => told.push(trouble));
  for (const isWritten of [true, false, false, true, true]) count(isWritten);
  assertEquals(told, [
    "Cannot write the Windows event log: 1 event is missing",
    "Cannot write the Windows event log: 2 events are missing",
    undefined,
  ]);
});

const record = (level: LogLevel, message: string = level, source = "agent") =>
  ({ time: 0, level, source, message }) as const;

Deno.test("warnings and worse are written, and the source is closed once they are", async () => {
  [waiting, written.length] = [[], 0];
  const log = openEventLog((trouble) => assertEquals(trouble, undefined));
  log.write(record("info"));
  log.write(record("warning", "m", "x::run::Main::0"));
  log.write(record("error", "y".repeat(40_000)));
  let isClosed = false;
  const closed = Promise.all([log.close(), log.close()]).then(() => isClosed = true);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals([isClosed, leftOpen()], [false, ["DeregisterEventSource"]]);
  waiting.forEach((end) => end(1));
  await closed;
  log.write(record("fatal"));
  assertEquals(written, [[WARNING, 101, "x::run::Main::0: m"], [ERROR, 200, "y".repeat(31_000)]]);
  assertEquals(leftOpen(), []);
});

Deno.test("what ends the agent is written before anything else happens", async () => {
  [waiting, written.length] = [undefined, 0];
  const log = openEventLog();
  log.write(record("fatal"));
  assertEquals(written, [[ERROR, 300, "fatal"]]);
  await log.close();
});

Deno.test("while 100 events wait the log file alone has the others, and how many is told", async () => {
  [waiting, written.length] = [[], 0];
  const told: (string | undefined)[] = [];
  const log = openEventLog((trouble) => told.push(trouble));
  for (let i = 0; i < 102; i++) log.write(record("warning"));
  assertEquals([written.length, told.length], [100, 2]);
  waiting.splice(0).forEach((end) => end(1));
  await new Promise((resolve) => setTimeout(resolve));
  log.write(record("warning"));
  assertEquals([written.length, told.at(-1)], [101, undefined], "they wait no more");
  waiting.splice(0).forEach((end) => end(0));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(told.at(-1), "Cannot write the Windows event log: 1 event is missing");
  isLost = true;
  log.write(record("warning"));
  await log.close();
  isLost = false;
  assertEquals(told.at(-1), "Cannot write the Windows event log: 2 events are missing");
});

Deno.test("without an event log nothing is written, which is told", async () => {
  [isThere, written.length] = [false, 0];
  const told: (string | undefined)[] = [];
  const log = openEventLog((trouble) => told.push(trouble));
  log.write(record("error"));
  log.write(record("fatal"));
  await log.close();
  assertEquals(told, ["Cannot open the Windows event log: no event is written"]);
  assertEquals([written.length, eventSource.isKnown()], [0, false]);
});
