import { assertEquals, assertRejects } from "@std/assert";
import { systemClock, TimerTicks } from "../../lib/base/mod.ts";
import { FakeTimers } from "./timers.ts";

/** A loop on a rhythm of 1,000 ms, and when it beat. */
function loop(timers: FakeTimers, work: (beat: number) => void | Promise<void> = () => {}) {
  const stop = new AbortController();
  const ticks = new TimerTicks(1_000, stop.signal, timers);
  const beats: number[] = [];
  const done = (async () => {
    for (;;) {
      const late = await ticks.next();
      beats.push(timers.now() - late);
      await work(beats.length);
    }
  })().catch(() => {});
  return { beats, end: () => (stop.abort(), done) };
}

Deno.test("a rhythm keeps to its beats on one timer, which is set anew when it has fallen behind", async () => {
  const timers = new FakeTimers();
  timers.late = 1;
  const { beats, end } = loop(timers);
  await timers.pass(100_500);
  assertEquals(beats, Array.from({ length: 100 }, (_, i) => 1_000 * (i + 1)));
  assertEquals(timers.made < 25, true, `${timers.made} timers for 100 beats`);
  await end();
  assertEquals(timers.running, 0);
});

Deno.test("beats that went by while the thread was held are left out", async () => {
  const timers = new FakeTimers();
  const { beats, end } = loop(timers, (beat) => {
    if (beat === 2) timers.hold(2_400);
  });
  await timers.pass(8_500);
  assertEquals(beats, [1_000, 2_000, 5_000, 6_000, 7_000, 8_000]);
  await end();
});

Deno.test("beats that went by while nobody waited are left out", async () => {
  const timers = new FakeTimers();
  let go = () => {};
  const { beats, end } = loop(timers, (beat) => {
    return beat === 2 ? new Promise((resolve) => go = resolve) : undefined;
  });
  await timers.pass(4_400);
  go();
  await timers.pass(2_100);
  assertEquals(beats, [1_000, 2_000, 5_000, 6_000]);
  await end();
});

Deno.test("a rhythm ends at its signal, and who waits is told why", async () => {
  const stop = new AbortController();
  const ticks = new TimerTicks(60_000, stop.signal);
  const next = ticks.next();
  stop.abort(new Error("stopped"));
  await assertRejects(() => next, Error, "stopped");
  await assertRejects(() => ticks.next(), Error, "stopped");
});

Deno.test("a rhythm that was stopped hears no more of its signal", async () => {
  const stop = new AbortController();
  const ticks = new TimerTicks(60_000, stop.signal);
  let isOver = false;
  void ticks.next().catch(() => isOver = true);
  ticks.stop();
  stop.abort();
  await systemClock.sleep(0);
  assertEquals(isOver, false);
});

Deno.test("the system's rhythm beats, also one that no timer can be set to", async () => {
  const stop = new AbortController();
  const ticks = systemClock.ticks(1, stop.signal);
  await ticks.next();
  await ticks.next();
  ticks.stop();
  let ended = "";
  const next = systemClock.ticks(2 ** 40, stop.signal).next()
    .then(() => ended = "beat", () => ended = "stopped");
  await systemClock.sleep(5);
  assertEquals(ended, "");
  stop.abort();
  await next;
  assertEquals(ended, "stopped");
});
