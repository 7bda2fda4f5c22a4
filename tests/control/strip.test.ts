import { assertEquals } from "@std/assert";
import { drawnTimes, thinned } from "../../lib/page/strip.js";

const part = (value: string, from: number, to: number) => ({ value, from, to });

Deno.test("a short outage can be seen, and many of them do not hide what lies between", () => {
  const one = [part("RUNNING", 0, 1_000), part("STOPPED", 1_000, 1_001)];
  assertEquals(drawnTimes(one, 20), [1_000, 20]);
  const many = [
    ...[part("RUNNING", 0, 10), part("STOPPED", 10, 11), part("RUNNING", 11, 21)],
    part("STOPPED", 21, 22),
  ];
  assertEquals(drawnTimes(many, 20), [10, 6, 10, 6]);
  assertEquals(drawnTimes([part("STOPPED", 0, 500)], 20), [500]);
  assertEquals(drawnTimes([part("STOPPED", 0, 5)], 20), [5]);
});

Deno.test("marks do not merge", () => {
  assertEquals(thinned([0, 1, 5, 9, 10, 30], 5), [0, 5, 10, 30]);
  assertEquals(thinned([], 5), []);
});
