import { assert, assertEquals } from "@std/assert";
import { Metronome } from "./metronome.ts";
import { longestRun, missedInTime, type Span, TICK } from "./ticks.ts";

Deno.test("a tick that was left out counts when the metronome kept time", () => {
  assertEquals(missedInTime([1_000, 1_500], []), [1_000, 1_500]);
});

Deno.test("a tick that was left out while the metronome was kept from ticking does not count", () => {
  const delays = [{ from: 900, to: 1_400 }];
  assertEquals(missedInTime([1_000, 1_500], delays), [1_500]);
});

Deno.test("an agent that stalls for longer than the machine does is found out", () => {
  const stalled = Array.from({ length: 10 }, (_, i) => 10_000 + i * 500);
  const delays = [{ from: 9_800, to: 10_300 }, { from: 13_100, to: 13_600 }];
  assertEquals(missedInTime(stalled, delays).length, 7);
});

Deno.test("ticks that were missed in a row are told from single ones", () => {
  assertEquals(longestRun([]), 0);
  assertEquals(longestRun([1_000, 3_000, 5_000]), 1);
  assertEquals(longestRun([1_000, 3_000, 3_500, 4_010, 6_000]), 3);
});

Deno.test("a metronome remembers when it was kept from ticking, in time that others share", async () => {
  using metronome = new Metronome();
  const before = Date.now();
  metronome.hold(2 * TICK);
  let delays: Span[] = [];
  while (delays.length === 0) {
    assert(Date.now() - before < 20_000, "no delay within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
    delays = await metronome.delays();
  }
  for (const { from, to } of delays) {
    assert(to - from >= TICK / 2 && Math.abs(to - before) < 60_000, `${from} to ${to}`);
  }
});
