import { assert, assertEquals, assertRejects } from "@std/assert";
import { within } from "../../lib/base/mod.ts";
import { countFailure, decideNext, Gate } from "../../lib/supervisor/restart.ts";
import { policy } from "./supervised.ts";

Deno.test("failures are counted in a row; each minute that a thread ran halves those before", () => {
  const cases: [failures: number, ranFor: number, after: number][] = [
    [0, 10, 1],
    [3, 59_999, 4],
    [3, 60_000, 2],
    [5, 120_000, 2],
    [5, 24 * 60 * 60_000, 1],
  ];
  for (const [failures, ranFor, after] of cases) {
    assertEquals(countFailure(failures, ranFor), after, `${failures}, ran for ${ranFor}`);
  }
});

Deno.test("the wait doubles with each failure, up to the one that counts as failed", () => {
  const next = [1, 2, 3, 4, 5].map((failures) => decideNext(policy, failures, 0));
  assertEquals(
    next,
    [1_000, 2_000, 4_000, 8_000, 16_000].map((after) => ({ state: "backing-off", after })),
  );
  assertEquals(decideNext(policy, 6, 0), {
    state: "failed",
    after: policy.failedRetry,
  });
});

Deno.test("chance makes a wait up to a fifth shorter, never longer", () => {
  assertEquals(decideNext(policy, 3, 1), { state: "backing-off", after: 3_200 });
  assertEquals(decideNext(policy, 3, 0.5), { state: "backing-off", after: 3_600 });
});

Deno.test("the policy says whether an end is followed by a start", () => {
  const always = { ...policy, restart: "always" } as const;
  const never = { ...policy, restart: "never" } as const;
  assertEquals(decideNext(policy, 0, 0), { state: "finished" });
  assertEquals(decideNext(never, 0, 0), { state: "finished" });
  assertEquals(decideNext(always, 0, 0), { state: "backing-off", after: 1_000 });
  assertEquals(decideNext(never, 1, 0), { state: "failed" });
  assertEquals(decideNext(always, 1, 0), { state: "backing-off", after: 1_000 });
});

Deno.test("a closed gate holds back until it is opened, or until who waits is cancelled", async () => {
  const gate = new Gate();
  const stop = new AbortController();
  await gate.pass(stop.signal);
  gate.close();
  gate.close();
  let passed = false;
  const waiting = gate.pass(stop.signal).then(() => passed = true);
  const cancelled = gate.pass(AbortSignal.abort(new Error("before")));
  await assertRejects(() => cancelled, Error, "before");
  const later = new AbortController();
  const alsoCancelled = assertRejects(() => gate.pass(later.signal), Error, "while waiting");
  later.abort(new Error("while waiting"));
  await alsoCancelled;
  assertEquals(passed, false);
  gate.open();
  await waiting;
  await gate.pass(stop.signal);
});

Deno.test("a gate that is closed twice lets through what waited since the first time", async () => {
  const gate = new Gate();
  const { signal } = new AbortController();
  gate.close();
  const waiting = gate.pass(signal);
  gate.close();
  gate.open();
  await within(waiting, { ms: 5_000, late: () => assert(false, "it still waits") });
});
