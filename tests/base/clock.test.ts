import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock, nextBeat, systemClock } from "../../lib/base/mod.ts";

Deno.test("a sleeper wakes at its time and not before", async () => {
  const clock = new ManualClock();
  const woken: number[] = [];
  const sleeper = clock.sleep(100).then(() => woken.push(clock.now()));
  await clock.advance(99);
  assertEquals(woken, []);
  await clock.advance(1);
  await sleeper;
  assertEquals(woken, [100]);
});

Deno.test("a loop that sleeps again within the span is woken again, in order with others", async () => {
  const clock = new ManualClock();
  const woken: string[] = [];
  const loop = async (name: string, every: number, times: number) => {
    for (let i = 0; i < times; i++) {
      await clock.sleep(every);
      woken.push(`${name}${clock.now()}`);
    }
  };
  const loops = Promise.all([loop("a", 30, 3), loop("b", 40, 2)]);
  await clock.advance(100);
  await loops;
  assertEquals(woken, ["a30", "b40", "a60", "b80", "a90"]);
});

Deno.test("an aborted sleep rejects with the signal's reason and leaves nothing behind", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const sleep = clock.sleep(100, stop.signal);
  stop.abort(new Error("stopped"));
  await assertRejects(() => sleep, Error, "stopped");
  await assertRejects(() => clock.sleep(1, stop.signal), Error, "stopped");
  assertEquals(clock.sleeping, 0);
});

Deno.test("a time that is longer than a timer's is not over at once", async () => {
  let calls = 0;
  const cancel = systemClock.after(2 ** 31, () => void calls++);
  await systemClock.sleep(20);
  cancel();
  assertEquals(calls, 0);
});

Deno.test("what is to come can be cancelled, and what is due already comes at once", async () => {
  const clock = new ManualClock();
  const calls: number[] = [];
  assertEquals(clock.nextWake, undefined);
  const cancel = clock.after(10, () => calls.push(10));
  clock.after(-5, () => calls.push(0));
  clock.after(20, () => calls.push(20));
  assertEquals([clock.nextWake, clock.sleeping], [0, 3]);
  cancel();
  clock.after(20, () => calls.push(21));
  await clock.advance(20);
  const inOrder = [0, 20, 21];
  assertEquals([calls, clock.nextWake, clock.sleeping], [inOrder, undefined, 0]);
});

Deno.test("ticks of a clock come at their times, and end with the signal", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const ticks = clock.ticks(100, stop.signal);
  const seen: number[] = [];
  const loop = (async () => {
    for (;;) seen.push(await ticks.next(), clock.now());
  })();
  await clock.advance(250);
  assertEquals(seen, [0, 100, 0, 200]);
  stop.abort(new Error("stopped"));
  await assertRejects(() => loop, Error, "stopped");
});

Deno.test("the next beat keeps the rhythm, whether the clock was early, late or long away", () => {
  const beats = [1_000, 999, 1_001, 1_099, 1_100, 1_350].map((now) => nextBeat(1_000, 100, now));
  assertEquals(beats, [1_100, 1_100, 1_100, 1_100, 1_200, 1_400]);
});
