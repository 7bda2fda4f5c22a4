import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { Pulse } from "../../lib/daemon/pulse.ts";
import { Watch, type Watched } from "../../lib/supervisor/watch.ts";

Deno.test("threads are looked at as long as there are any, often enough for the most impatient", async () => {
  const clock = new ManualClock();
  const watch = new Watch(clock, () => 0);
  const frozen: [name: string, at: number][] = [];
  const threadOf = (name: string, frozenAfter: number, pulse = new Pulse()): Watched => ({
    pulse,
    policy: { frozenAfter, memoryLimit: 1e9 },
    isRunning: () => true,
    call: () => {},
    onLook: (verdict) => {
      if (verdict !== "frozen") return;
      frozen.push([name, clock.now()]);
      unwatch.get(name)!();
    },
  });
  const lively = new Pulse();
  const unwatch = new Map([
    ["quick", watch.add(threadOf("quick", 1_000))],
    ["slow", watch.add(threadOf("slow", 10_000))],
    ["lively", watch.add(threadOf("lively", 1_000, lively))],
  ]);
  for (let second = 0; second < 20; second++) {
    lively.beat({ heap: 0, lag: 0, exhausted: false });
    await clock.advance(500);
  }
  assertEquals(frozen, [["quick", 1_000], ["slow", 10_000]]);
  unwatch.get("lively")!();
  await clock.advance(0);
  assertEquals(clock.sleeping, 0);
});

Deno.test("all are asked for a sign of life when memory has grown by much since there were none", async () => {
  const clock = new ManualClock();
  let rss = 100;
  const watch = new Watch(clock, () => rss);
  let calls = 0;
  const unwatch = watch.add({
    pulse: new Pulse(),
    policy: { frozenAfter: 1e9, memoryLimit: 400e6 },
    isRunning: () => true,
    call: () => calls++,
    onLook: () => {},
  });
  await clock.advance(1_000);
  assertEquals(calls, 0);
  rss += 200e6;
  await clock.advance(3_000);
  assertEquals(calls, 1);
  unwatch();
  await clock.advance(0);
});
