import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { DaemonLimits } from "../../lib/supervisor/limits.ts";

const MB = 1024 * 1024;
const { signal } = new AbortController();

/** Limits of a daemon that has taken nothing, and what is logged of it. */
function fresh() {
  const clock = new ManualClock();
  const records: LogEntry[] = [];
  const limits = new DaemonLimits({ clock, log: (entry) => void records.push(entry) });
  return { clock, records, limits };
}

/** A thread that is never gone. */
const never = new Promise<void>(() => {});

Deno.test("three threads that cannot be ended are the most; each that ends makes room", async () => {
  const { limits } = fresh();
  const { promise, resolve } = Promise.withResolvers<void>();
  limits.giveUp("x::run::Main::0", never);
  limits.giveUp("x::run::Main::0", never);
  assertEquals(limits.refusal(), undefined);
  limits.giveUp("x::run::Main::0", promise);
  assertEquals(
    limits.refusal(),
    "3 threads of this daemon that cannot be ended go on: correct the daemon and restart the agent",
  );
  resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(limits.refusal(), undefined);
});

Deno.test("those of before a change do not count, up to ten", () => {
  const { limits } = fresh();
  for (let threads = 1; threads < 10; threads++) {
    limits.giveUp("x::run::Main::0", never);
    limits.startAfresh();
    assertEquals(limits.refusal(), undefined, `${threads}`);
  }
  limits.giveUp("x::run::Main::0", never);
  limits.startAfresh();
  assertMatch(limits.refusal()!, /^10 threads/);
});

Deno.test("a burst of starts goes at once, the rest ten a second and in order; that is logged once", async () => {
  const { clock, records, limits } = fresh();
  const started: number[] = [];
  for (let i = 0; i < 120; i++) {
    void limits.startTurn("x", signal).then(() => started.push(i));
  }
  await clock.advance(0);
  assertEquals(started.length, 100);
  await clock.advance(1_000);
  assertEquals(started.length, 110);
  await clock.advance(1_000);
  assertEquals(started, Array.from({ length: 120 }, (_, i) => i));
  assertEquals(records.map(({ message }) => message), [
    "Daemon 'x' starts more than 10 child threads a second: they wait",
  ]);
  await clock.advance(60_000);
  await limits.startTurn("x", signal);
  assertEquals(clock.sleeping, 0);
});

Deno.test("a start that waits ends with its thread", async () => {
  const { limits } = fresh();
  for (let i = 0; i < 100; i++) await limits.startTurn("x", signal);
  const stop = new AbortController();
  const waiting = limits.startTurn("x", stop.signal);
  stop.abort(new Error("stopped"));
  await assertRejects(() => waiting, Error, "stopped");
});

Deno.test("child threads are at most a thousand, and their arguments 64 MB", () => {
  const { limits } = fresh();
  for (let i = 0; i < 1_000; i++) limits.addChild(10);
  assertThrows(() => limits.addChild(0), Error, "A daemon may have 1000 child threads at a time");
  limits.removeChild(10);
  assertThrows(() => limits.addChild(64 * MB), Error, "may take 64 MB together");
  limits.addChild(60 * MB);
  limits.removeChild(60 * MB);
  limits.addChild(60 * MB);
});

Deno.test("messages of all threads count together, and more come with time", async () => {
  const { clock, limits } = fresh();
  let allowed = 0;
  while (limits.allowsMessage()) allowed++;
  assertEquals(allowed, 20_000);
  await clock.advance(1_000);
  while (limits.allowsMessage()) allowed++;
  assertEquals(allowed, 25_000);
});

Deno.test("long records of a daemon are limited by their characters", () => {
  const { records, limits } = fresh();
  const message = "x".repeat(16_000);
  for (let i = 0; i < 500; i++) {
    limits.log.write({ time: 0, level: "info", source: "x::scan::Main::0", message });
  }
  limits.log.flush();
  const logged = records.reduce((sum, { message }) => sum + message.length, 0);
  assert(logged < 1_201_000, `${logged} characters`);
  assertEquals(records.length, 76);
  assertMatch(records.at(-1)!.message, /^Dropped 425 log records: more than 60 a second, or 12000/);
  assertEquals(records.at(-1)!.source, "x::scan::Main::0");
});

Deno.test("the writes of all threads of a daemon wait when there are more than 120 a second, or 1.26 MB", async () => {
  const { clock, limits } = fresh();
  for (let i = 0; i < 600; i++) assertEquals(limits.countWrites(10), 0);
  assertEquals(Math.round(limits.countWrites(10)), 8);
  await clock.advance(60_000);
  assertEquals(limits.countWrites(2_520_000), 1_000);
  await clock.advance(500);
  assertEquals(limits.countWrites(0), 500);
});
