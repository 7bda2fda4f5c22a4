import { assertEquals, assertRejects } from "@std/assert";
import { growingWait, ManualClock, stopSignals, within } from "../../lib/base/mod.ts";

Deno.test("a wait ends as its promise does, and leaves no timer", async () => {
  const clock = new ManualClock();
  assertEquals(await within(Promise.resolve(1), { ms: 5, clock }), 1);
  await assertRejects(() => within(Promise.reject(new Error("no")), { ms: 5, clock }), Error, "no");
  assertEquals(clock.sleeping, 0);
});

Deno.test("a wait ends when its time is up, with what is wanted then", async () => {
  const clock = new ManualClock();
  const never = new Promise<number>(() => {});
  const plain = within(never, { ms: 5, clock });
  const named = within(never, { ms: 5, clock, late: () => "late" });
  const thrown = assertRejects(
    () =>
      within(never, {
        ms: 5,
        clock,
        late: () => {
          throw new Error("too late");
        },
      }),
    Error,
    "too late",
  );
  await clock.advance(5);
  assertEquals([await plain, await named], [undefined, "late"]);
  await thrown;
});

Deno.test("a wait ends with the signal's reason, and what its promise does later is ignored", async () => {
  const stop = new AbortController();
  const { promise, reject } = Promise.withResolvers<void>();
  const wait = within(promise, { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assertRejects(() => wait, Error, "stopped");
  await assertRejects(() => within(promise, { signal: stop.signal }), Error, "stopped");
  reject(new Error("later"));
});

Deno.test("on Windows SIGTERM, which Deno makes of the logoff of any user, stops nothing", () => {
  assertEquals(stopSignals("windows"), ["SIGINT", "SIGBREAK", "SIGHUP"]);
  assertEquals(stopSignals("linux").includes("SIGTERM"), true);
});

Deno.test("waits grow from 1 s to 1 min", () => {
  assertEquals([0, 1, 2, 5, 6, 7, 2_000].map(growingWait), [
    ...[1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000],
  ]);
});
