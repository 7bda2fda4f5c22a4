import { assertEquals, assertMatch } from "@std/assert";
import { watchClocks } from "../../lib/agent/clocks.ts";
import { ManualClock } from "../../lib/base/mod.ts";

Deno.test("a wall clock that is set, or has gone on in a sleep, is logged once", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const logged: string[] = [];
  const start = Date.parse("2026-01-01T00:00:00Z");
  let set = 0;
  const wall = () => start + clock.now() + set;
  const watched = watchClocks((message) => logged.push(message), clock, stop.signal, wall);
  await clock.advance(60_000);
  set += 10_000; // not yet
  await clock.advance(60_000);
  set += 3_600_000;
  await clock.advance(60_000);
  set -= 7_200_000;
  await clock.advance(60_000);
  set -= 10_001;
  await clock.advance(60_000);
  stop.abort();
  await watched;
  assertMatch(logged.pop()!, /^The clock was set back by 10 s: where it would be /);
  assertEquals(logged, [
    "The clock was set forward by 1 h, or the machine has slept: where it would be 2026-01-01T00:02:15.000Z it is 2026-01-01T01:02:15.000Z. Intervals and uptimes do not follow it",
    "The clock was set back by 2 h: where it would be 2026-01-01T01:03:15.000Z it is 2025-12-31T23:03:15.000Z. Intervals and uptimes do not follow it",
  ]);
});
