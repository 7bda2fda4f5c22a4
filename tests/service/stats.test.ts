import { assertEquals } from "@std/assert";
import { noStats, observe } from "../../lib/service/stats.ts";

Deno.test("a duration falls into the first bucket that holds it, the last one holds the rest", () => {
  const cases: [duration: number, bucket: number][] = [[0, 0], [1, 0], [1.1, 1], [2, 1], [3, 2]];
  for (const [duration, bucket] of cases) {
    const { counts, sum, count } = observe(
      { le: [1, 2], counts: [0, 0, 0], sum: 1, count: 1 },
      duration,
    );
    assertEquals(counts.map((n, i) => n * i).reduce((a, b) => a + b), bucket, `${duration}`);
    assertEquals([sum, count], [1 + duration, 2]);
  }
});

Deno.test("there is a bucket more than there are bounds", () => {
  const { query, restart } = noStats();
  for (const { le, counts } of [query, restart]) assertEquals(counts.length, le.length + 1);
});
