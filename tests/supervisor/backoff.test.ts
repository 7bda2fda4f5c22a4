import { assertEquals } from "@std/assert";
import { backoff, countFailure, HEALTHY_AFTER } from "../../lib/supervisor/backoff.ts";

Deno.test("the backoff doubles from 1 s to 60 s", () => {
  assertEquals([1, 2, 3, 6, 7, 50, 2000].map(backoff), [
    1_000,
    2_000,
    4_000,
    32_000,
    60_000,
    60_000,
    60_000,
  ]);
});

Deno.test("failures are counted in a row; a thread that ran long enough starts anew", () => {
  assertEquals(countFailure(0, 10), 1);
  assertEquals(countFailure(3, HEALTHY_AFTER - 1), 4);
  assertEquals(countFailure(3, HEALTHY_AFTER), 1);
});
