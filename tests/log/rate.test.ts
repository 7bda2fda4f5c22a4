import { assertEquals } from "@std/assert";
import type { LogEntry } from "../../lib/log/mod.ts";
import { limitLog, RateLimit } from "../../lib/log/rate.ts";

Deno.test("a burst is let through, and after it so many a second", () => {
  const limit = new RateLimit({ burst: 3, perSecond: 2 }, 0);
  const allowed = (now: number, tries: number) =>
    Array.from({ length: tries }, () => limit.allows(now)).filter(Boolean).length;
  assertEquals(allowed(0, 10), 3);
  assertEquals(allowed(1_000, 10), 2);
  assertEquals(allowed(60_000, 10), 3);
});

Deno.test("of a flood of records one record says how many were dropped", () => {
  let now = 0;
  const written: string[] = [];
  const log = limitLog(({ message }) => void written.push(message), () => now, {
    records: { burst: 2, perSecond: 1 },
    characters: { burst: 1_000, perSecond: 10 },
  });
  const write = (message: string) => log.write({ source: "x", message } as LogEntry);
  for (let i = 0; i < 100; i++) write(`${i}`);
  now = 1_000;
  write("after a second");
  for (let i = 0; i < 10; i++) write(`${i}`);
  now = 2_000;
  write("soon after");
  log.flush();
  assertEquals(written, [
    ...[
      "0",
      "1",
      "Dropped 98 log records: more than 1 a second, or 10 characters a second",
      "after a second",
      "soon after", // how many were dropped is said each 10 s
    ],
    "Dropped 10 log records: more than 1 a second, or 10 characters a second",
  ]);
  log.flush();
  assertEquals(written.length, 6);
  write("dropped");
  now = 12_000;
  write("10 s later");
  assertEquals(written.slice(6), [
    "Dropped 1 log records: more than 1 a second, or 10 characters a second",
    "10 s later",
  ]);
});

Deno.test("a thread may log 500 records or a million characters at once", () => {
  for (const [length, passed] of [[1, 500], [250_000, 4]] as const) {
    const written: string[] = [];
    const log = limitLog(({ message }) => void written.push(message), () => 0);
    const entry: LogEntry = { time: 0, level: "info", source: "x", message: "x".repeat(length) };
    for (let i = 0; i < 600; i++) log.write(entry);
    assertEquals(written.length, passed);
    log.flush();
    assertEquals(
      written.at(-1)!.split(": ")[1],
      "more than 50 a second, or 10000 characters a second",
    );
  }
});

Deno.test("what comes above a rate waits for its turn, in order", () => {
  const limit = new RateLimit({ burst: 2, perSecond: 10 }, 0);
  assertEquals([1, 2, 3, 4].map(() => limit.reserve(0)), [0, 0, 100, 200]);
  assertEquals(limit.reserve(1_000), 0);
});

Deno.test("a record is dropped for its length too, and a short one still passes", () => {
  const written: string[] = [];
  const log = limitLog(({ message }) => void written.push(message), () => 0, {
    records: { burst: 100, perSecond: 1 },
    characters: { burst: 10, perSecond: 1 },
  });
  for (const message of ["12345678", "123", "12"]) {
    log.write({ time: 0, level: "info", source: "x", message });
  }
  assertEquals(written.filter((message) => !message.startsWith("Dropped")), ["12345678", "12"]);
});
