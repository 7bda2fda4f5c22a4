import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { watchProcessor } from "../../lib/supervisor/processor.ts";

Deno.test("the load is the processor time by the time that it took", async () => {
  const clock = new ManualClock();
  const times = [{ taken: 500, idle: 9_000 }, { taken: 4_000, idle: 9_100 }];
  const { look } = watchProcessor(clock, () => Promise.resolve(times.shift()!));
  const load = look(new AbortController().signal);
  await clock.advance(2_000);
  assertEquals(await load, { taken: 1.75, idle: 0.05 });
});

Deno.test("a look ends when its thread is to stop", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const times = () => Promise.resolve({ taken: 0, idle: 0 });
  const load = watchProcessor(clock, times).look(stop.signal);
  await clock.advance(1_000);
  stop.abort(new Error("stopped"));
  await assertRejects(() => load, Error, "stopped");
});

Deno.test("a process that works takes something of the processor", async () => {
  const until = performance.now() + 20;
  const clock = {
    now: () => performance.now(),
    sleep: () => {
      while (performance.now() < until);
      return Promise.resolve();
    },
  };
  const { cores, look } = watchProcessor(clock);
  const { taken, idle } = await look(new AbortController().signal);
  assertEquals([cores > 0, taken > 0, idle >= 0], [true, true, true]);
});
