import { assertEquals, assertRejects } from "@std/assert";
import {
  abortWith,
  growingWait,
  ManualClock,
  onStopSignal,
  stopSignals,
  systemClock,
  within,
} from "../../lib/base/mod.ts";

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

Deno.test("a controller is aborted with the first of some signals, until it is let go", () => {
  const signals = [new AbortController(), new AbortController()];
  const begin = () => {
    const over = new AbortController();
    const leave = abortWith(over, signals.map(({ signal }) => signal));
    return { over, leave };
  };
  const [kept, left] = [begin(), begin()];
  left.leave();
  signals[1]!.abort("two");
  signals[0]!.abort("one");
  assertEquals([kept.over.signal.reason, left.over.signal.aborted], ["two", false]);
  assertEquals(begin().over.signal.reason, "one", "one that is aborted already");
});

Deno.test("who listens to the signals hears each one, until it is let go", async () => {
  if (Deno.build.os === "windows") return;
  const heard: string[] = [];
  let others = 0;
  // This listener keeps the process alive when nobody else listens any more.
  const count = () => void others++;
  const hangUp = async () => {
    const before = others;
    Deno.kill(Deno.pid, "SIGHUP");
    for (let i = 0; i < 200 && others === before; i++) await systemClock.sleep(50);
    await systemClock.sleep(0);
  };
  const leave = onStopSignal((signal) => heard.push(signal));
  Deno.addSignalListener("SIGHUP", count);
  try {
    await hangUp();
    assertEquals(heard, ["SIGHUP"]);
    leave();
    await hangUp();
    assertEquals([heard, others], [["SIGHUP"], 2]);
  } finally {
    Deno.removeSignalListener("SIGHUP", count);
  }
});
