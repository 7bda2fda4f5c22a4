import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock, nextBeat } from "../../lib/base/mod.ts";
import { createTiming } from "../../lib/daemon/timing.ts";

/** `context.every` on a clock that a test moves. */
function everyOn(clock: ManualClock, { signal }: AbortController) {
  const [zero, never] = [() => 0, () => false];
  return createTiming({ clock, signal, random: zero, wall: zero, isPaused: never, warn() {} })
    .every;
}

Deno.test("the next beat keeps the rhythm and leaves out what was missed", () => {
  const cases: [last: number, interval: number, now: number, next: number][] = [
    [0, 5, 0, 5],
    [0, 5, 4, 5],
    [0, 5, 5, 10],
    [0, 5, 12, 15],
    [10, 5, 9.7, 15], // a timer that fired early does not make two beats of one
    [0, 5, 3_600_001, 3_600_005],
  ];
  for (const [last, interval, now, next] of cases) {
    assertEquals(nextBeat(last, interval, now), next, `last ${last}, now ${now}`);
  }
});

Deno.test("a loop beats at once, then at each interval, and ends when it is told to stop", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const beats: number[] = [];
  const loop = everyOn(clock, stop)(5_000, () => void beats.push(clock.now()));
  await clock.advance(12_000);
  assertEquals(beats, [0, 5_000, 10_000]);
  stop.abort();
  await loop;
  assertEquals(clock.sleeping, 0);
});

Deno.test("a slow beat never overlaps the next, and the beats it overran are left out", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const log: string[] = [];
  const loop = everyOn(clock, stop)(5_000, async () => {
    log.push(`in ${clock.now()}`);
    await clock.sleep(12_000);
    log.push(`out ${clock.now()}`);
  });
  await clock.advance(28_000);
  assertEquals(log, ["in 0", "out 12000", "in 15000", "out 27000"]);
  stop.abort();
  await loop;
});

Deno.test("what a beat throws ends the loop, unless it was told to stop", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const failing = () => Promise.reject(new Error("broken"));
  await assertRejects(() => everyOn(clock, stop)(1, failing), Error, "broken");
  await everyOn(clock, stop)(1, () => {
    stop.abort();
    throw new Error("because of the stop");
  });
});
