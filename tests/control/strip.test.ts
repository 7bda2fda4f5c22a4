import { assertEquals } from "@std/assert";
import { laidOut, thinned } from "../../lib/page/strip.js";

const part = (value: string, from: number, to: number) => ({ value, from, to });

Deno.test("a short outage and the present can be seen, and many do not hide what lies between", () => {
  const edges = (parts: ReturnType<typeof part>[]) =>
    laidOut(parts, 20).map(({ left, right }: { left: number; right: number }) => [left, right]);
  const stopped = [part("RUNNING", 0, 1_000), part("STOPPED", 1_000, 1_001)];
  assertEquals(edges(stopped), [[0, 981], [981, 1_001]]);
  assertEquals(edges([...stopped, part("RUNNING", 1_001, 1_002)]), [
    [0, 962],
    [962, 982],
    [982, 1_002],
  ]);
  const many = [
    ...[part("RUNNING", 0, 10), part("STOPPED", 10, 11), part("RUNNING", 11, 21)],
    part("STOPPED", 21, 22),
  ];
  assertEquals(edges(many), [[0, 5], [5, 11], [11, 16], [16, 22]]);
  assertEquals(edges([part("STOPPED", 0, 500)]), [[0, 500]]);
  assertEquals(edges([part("STOPPED", 0, 5)]), [[0, 5]]);
  assertEquals(edges([]), []);
});

Deno.test("marks do not merge", () => {
  assertEquals(thinned([0, 1, 5, 9, 10, 30], 5), [0, 5, 10, 30]);
  assertEquals(thinned([], 5), []);
});
