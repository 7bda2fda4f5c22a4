import { assertEquals, assertRejects } from "@std/assert";
import { ThreadPool } from "../../lib/supervisor/pool.ts";

const never = new AbortController().signal;

/** Lets what is pending run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

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

Deno.test("a lower limit holds as soon as threads have ended; a higher one at once", async () => {
  const pool = new ThreadPool(2);
  const entered: string[] = [];
  const leaveA = await enter(pool, "a", entered);
  const leaveB = await enter(pool, "b", entered);
  const c = enter(pool, "c", entered);
  pool.max = 1;
  leaveA();
  await turn();
  assertEquals(entered, ["a", "b"]);
  leaveB();
  await c;
  const d = enter(pool, "d", entered);
  await turn();
  assertEquals(entered, ["a", "b", "c"]);
  pool.max = 2;
  await d;
  assertEquals(entered, ["a", "b", "c", "d"]);
});

Deno.test("children never take the slots that daemons have reserved", async () => {
  const pool = new ThreadPool(3);
  const entered: string[] = [];
  const release = pool.reserve();
  pool.reserve();
  const leaveChild = await enter(pool, "child", entered);
  const waits = enter(pool, "second child", entered);
  await pool.enter(never, "daemon");
  const leaveDaemon = await pool.enter(never, "daemon");
  leaveDaemon();
  await turn();
  assertEquals(entered, ["child"]);
  await pool.enter(never, "daemon");
  leaveChild();
  await waits;
  const third = enter(pool, "third child", entered);
  release();
  await turn();
  assertEquals(entered, ["child", "second child"]);
  pool.max = 4;
  await third;
});

Deno.test("a slot that is no longer reserved goes to a child", async () => {
  const pool = new ThreadPool(1);
  const entered: string[] = [];
  const release = pool.reserve();
  const child = enter(pool, "child", entered);
  await turn();
  assertEquals(entered, []);
  release();
  release(); // a second time changes nothing
  await child;
});

Deno.test("a daemon's thread goes before children that wait, however long they have", async () => {
  const pool = new ThreadPool(1);
  const entered: string[] = [];
  const leave = await enter(pool, "first", entered);
  const child = enter(pool, "child", entered);
  const daemon = pool.enter(never, "daemon").then((leave) => {
    entered.push("daemon");
    return leave;
  });
  leave();
  (await daemon)();
  await child;
  assertEquals(entered, ["first", "daemon", "child"]);
});
