import { assertEquals } from "@std/assert";
import type { LogEntry } from "../../lib/log/mod.ts";
import { limitLog } from "../../lib/log/limited.ts";
import { RateLimit } from "../../lib/log/rate.ts";

Deno.test("a burst is let through, and after it so many a second", () => {
  const limit = new RateLimit({ burst: 3, perSecond: 2 }, 0);
  const allowed = (now: number, tries: number) =>
    Array.from({ length: tries }, () => limit.allows(now)).filter(Boolean).length;
  assertEquals(allowed(0, 10), 3);
  assertEquals(allowed(1_000, 10), 2);
  assertEquals(limit.takeDropped(), 15);
  assertEquals(allowed(60_000, 10), 3);
});

Deno.test("of a flood of records one record says how many were dropped", () => {
  let now = 0;
  const written: string[] = [];
  const log = limitLog(({ message }) => void written.push(message), "x", () => now, {
    burst: 2,
    perSecond: 1,
  });
  const write = (message: string) => log.write({ message } as LogEntry);
  for (let i = 0; i < 100; i++) write(`${i}`);
  now = 1_000;
  write("after a second");
  for (let i = 0; i < 10; i++) write(`${i}`);
  log.close();
  assertEquals(written, [
    ...["0", "1", "Dropped 98 log records: more than 1 a second", "after a second"],
    "Dropped 10 log records: more than 1 a second",
  ]);
  log.close();
  assertEquals(written.length, 5);
});
