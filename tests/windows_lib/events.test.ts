import { assertEquals } from "@std/assert";
import type { LogLevel } from "../../lib/log/mod.ts";
import { countMissing, eventOf, eventText } from "../../lib/windows/event_log.ts";

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
