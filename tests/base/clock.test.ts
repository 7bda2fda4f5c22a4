import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock, systemClock } from "../../lib/base/mod.ts";

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
