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

Deno.test("the buckets of the metrics, and one more for what is above them", () => {
  const { query, restart } = noStats();
  // Alerts and dashboards name these.
  assertEquals(query.le, [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);
  assertEquals(restart.le, [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120]);
  for (const { le, counts } of [query, restart]) assertEquals(counts.length, le.length + 1);
});
