import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import {
  awakeInterval,
  Heartbeat,
  heartbeatClock,
  heartbeatInterval,
  startHeartbeat,
} from "../../lib/thread/heartbeat.ts";
import { FakeTimers } from "../base/timers.ts";

Deno.test("a beat on one side of the memory is read on the other", () => {
  const agent = new Heartbeat();
  const thread = new Heartbeat(agent.memory);
  assertEquals(agent.read(), { count: 0, heap: 0, lag: 0, exhausted: false });
  thread.beat({ heap: 5e9, lag: 1.5, exhausted: false });
  thread.beat({ heap: 7, lag: 0, exhausted: true });
  assertEquals(agent.read(), { count: 2, heap: 7, lag: 0, exhausted: true });
});

Deno.test("an idle thread is woken seldom, and in time for who would take it for frozen", () => {
  assertEquals([30, 200, 2_000, 30_000, 300_000].map(heartbeatInterval), [
    20,
    100,
    1_000,
    20_000,
    20_000,
  ]);
});

Deno.test("a heap is looked at more often when it comes near its limit", () => {
  assertEquals([0, 5e6, 96e6, 97e6, 300e6].map((heap) => awakeInterval(heap, 384e6)), [
    15_000,
    15_000,
    15_000,
    1_000,
    1_000,
  ]);
});

Deno.test("who wakes from a sleep shows life, and how late it was", async () => {
  const clock = new ManualClock();
  const lags: number[] = [];
  const lively = heartbeatClock(clock, { onWake: (lag) => void lags.push(lag) });
  const slept = lively.sleep(1_000);
  await clock.advance(1_000);
  await slept;
  assertEquals([lags, lively.now()], [[0], 1_000]);
});

Deno.test("so does who is woken by a rhythm", async () => {
  const clock = new ManualClock();
  const lags: number[] = [];
  const lively = heartbeatClock(clock, { onWake: (lag) => void lags.push(lag) });
  const next = lively.ticks(1_000, new AbortController().signal).next();
  await clock.advance(1_000);
  assertEquals([await next, lags], [0, [0]]);
});

Deno.test("an idle thread is not woken for its sign of life: every second beat of the public state is one", async () => {
  const timers = new FakeTimers();
  const heartbeat = new Heartbeat();
  const sender = startHeartbeat(heartbeat, heartbeatInterval(30_000), timers);
  const counts: number[] = [];
  for (const lag of [10, 20, 30, 40]) {
    await timers.pass(10_000);
    sender.onWake(lag);
    counts.push(heartbeat.read().count);
  }
  assertEquals([counts, heartbeat.read().lag, timers.fired], [[1, 2, 2, 3], 40, 0]);
});

Deno.test("who is taken for frozen sooner has a timer of its own", async () => {
  const timers = new FakeTimers();
  const heartbeat = new Heartbeat();
  const sender = startHeartbeat(heartbeat, heartbeatInterval(2_000), timers);
  await timers.pass(5_500);
  assertEquals([heartbeat.read().count, timers.fired, heartbeat.read().lag], [6, 5, 0]);
  sender.onWake(0);
  assertEquals(heartbeat.read().count, 6);
  sender.beat();
  assertEquals(heartbeat.read().count, 7);
});
