import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { beatInterval, livelyClock, livelyInterval, Pulse } from "../../lib/daemon/pulse.ts";

Deno.test("a beat on one side of the memory is read on the other", () => {
  const agent = new Pulse();
  const thread = new Pulse(agent.memory);
  assertEquals(agent.read(), { count: 0, heap: 0, lag: 0, exhausted: false });
  thread.beat({ heap: 5e9, lag: 1.5, exhausted: false });
  thread.beat({ heap: 7, lag: 0, exhausted: true });
  assertEquals(agent.read(), { count: 2, heap: 7, lag: 0, exhausted: true });
});

Deno.test("an idle thread is woken seldom, and in time for who would take it for frozen", () => {
  assertEquals([30, 200, 2_000, 30_000, 300_000].map(beatInterval), [
    20,
    100,
    1_000,
    20_000,
    20_000,
  ]);
});

Deno.test("a heap is looked at more often when it comes near its limit", () => {
  assertEquals([0, 5e6, 96e6, 97e6, 300e6].map((heap) => livelyInterval(heap, 384e6)), [
    10_000,
    10_000,
    10_000,
    1_000,
    1_000,
  ]);
});

Deno.test("who wakes from a sleep shows life, and how late it was", async () => {
  const clock = new ManualClock();
  const lags: number[] = [];
  const lively = livelyClock(clock, { stir: (lag) => void lags.push(lag) });
  const slept = lively.sleep(1_000);
  await clock.advance(1_000);
  await slept;
  assertEquals([lags, lively.now()], [[0], 1_000]);
});

Deno.test("so does who is woken by a rhythm", async () => {
  const clock = new ManualClock();
  const lags: number[] = [];
  const lively = livelyClock(clock, { stir: (lag) => void lags.push(lag) });
  const next = lively.ticks(1_000, new AbortController().signal).next();
  await clock.advance(1_000);
  assertEquals([await next, lags], [0, [0]]);
});
