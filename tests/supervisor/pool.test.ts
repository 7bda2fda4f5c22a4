import { assertEquals, assertRejects } from "@std/assert";
import { ThreadPool } from "../../lib/supervisor/pool.ts";

const never = new AbortController().signal;

/** Enters the pool and notes it; returns what leaves again. */
function enter(pool: ThreadPool, name: string, entered: string[], signal = never) {
  return pool.enter(signal).then((leave) => {
    entered.push(name);
    return leave;
  });
}

Deno.test("a pool lets in as many as its limit; the rest wait in order", async () => {
  const pool = new ThreadPool(2);
  const entered: string[] = [];
  const leaveA = await enter(pool, "a", entered);
  const leaveB = await enter(pool, "b", entered);
  const c = enter(pool, "c", entered);
  const d = enter(pool, "d", entered);
  assertEquals(entered, ["a", "b"]);
  leaveB();
  leaveB(); // leaving twice gives up one place
  await c;
  assertEquals(entered, ["a", "b", "c"]);
  leaveA();
  await d;
  assertEquals(entered, ["a", "b", "c", "d"]);
});

Deno.test("one who waits can be cancelled, and is passed over", async () => {
  const pool = new ThreadPool(1);
  const entered: string[] = [];
  const leaveA = await enter(pool, "a", entered);
  const stop = new AbortController();
  const b = enter(pool, "b", entered, stop.signal);
  const c = enter(pool, "c", entered);
  stop.abort(new Error("cancelled"));
  await assertRejects(() => b, Error, "cancelled");
  leaveA();
  (await c)();
  assertEquals(entered, ["a", "c"]);
  await assertRejects(() => pool.enter(stop.signal), Error, "cancelled");
});
