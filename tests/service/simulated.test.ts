import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { createServiceManager, servicePrograms } from "../../lib/service/mod.ts";
import { ServiceError } from "../../lib/service/error.ts";
import { serviceStates } from "../../lib/service/manager.ts";
import { demoScenario, type Scenario } from "../../lib/service/scenario.ts";
import { SimulatedServiceManager } from "../../lib/service/simulated.ts";

function simulate(scenario: Scenario = {}) {
  const clock = new ManualClock();
  const manager = new SimulatedServiceManager(clock, scenario);
  return { clock, manager, state: () => manager.query("icinga2") };
}

/** What a promise has come to after the clock was advanced by `ms`. */
async function after<T>(ms: number, clock: ManualClock, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await clock.advance(ms);
  return await Promise.race([promise, Promise.reject(new Error(`undecided after ${ms} ms`))]);
}

Deno.test("a healthy service runs, stops, starts and restarts", async () => {
  const { clock, manager, state } = simulate();
  assertEquals(await state(), "RUNNING");
  await manager.stop("icinga2");
  assertEquals(await state(), "STOPPED");
  await manager.stop("icinga2");
  await manager.start("icinga2");
  assertEquals(await state(), "RUNNING");
  await manager.start("icinga2");
  await after(0, clock, manager.restart("icinga2"));
  assertEquals(await state(), "RUNNING");
});

Deno.test("the calls are noted in order, those of a restart too", async () => {
  const { clock, manager } = simulate({ state: "STOPPED" });
  await after(0, clock, manager.restart("icinga2"));
  assertEquals(manager.calls, [
    "restart icinga2",
    "query icinga2",
    "start icinga2",
    "query icinga2",
  ]);
});

Deno.test("it crashes that long after each time it came to run, at any clock", async () => {
  const { clock, manager, state } = simulate({ crashEvery: 4000, startTakes: 1000 });
  await clock.advance(3999);
  assertEquals(await state(), "RUNNING");
  await clock.advance(1);
  assertEquals(await state(), "STOPPED");
  await clock.advance(100_000);
  await manager.start("icinga2");
  assertEquals(await state(), "START_PENDING");
  await clock.advance(4999);
  assertEquals(await state(), "RUNNING");
  await clock.advance(1);
  assertEquals(await state(), "STOPPED");
});

Deno.test("nobody looked while it came up and crashed again", async () => {
  const { clock, manager, state } = simulate({
    state: "STOPPED",
    startTakes: 1000,
    crashEvery: 10,
  });
  await manager.start("icinga2");
  await clock.advance(60_000);
  assertEquals(await state(), "STOPPED");
});

Deno.test("it crashes at the given times since the simulation began", async () => {
  const clock = new ManualClock();
  await clock.advance(500);
  const manager = new SimulatedServiceManager(clock, { crashAt: [1000, 3000] });
  await clock.advance(1000);
  assertEquals(await manager.query("icinga2"), "STOPPED");
  await manager.start("icinga2");
  await clock.advance(1999);
  assertEquals(await manager.query("icinga2"), "RUNNING");
  await clock.advance(1);
  assertEquals(await manager.query("icinga2"), "STOPPED");
  await manager.start("icinga2");
  await clock.advance(1_000_000);
  assertEquals(await manager.query("icinga2"), "RUNNING");
});

Deno.test("it refuses so many starts before each that it accepts", async () => {
  const { manager, state } = simulate({ state: "STOPPED", refuseStarts: 2 });
  for (let round = 0; round < 2; round++) {
    for (let start = 0; start < 2; start++) {
      const error = await assertRejects(() => manager.start("icinga2"), ServiceError);
      assertEquals(error.kind, "no-answer");
    }
    await manager.start("icinga2");
    assertEquals(await state(), "RUNNING");
    manager.set("STOPPED");
  }
});

Deno.test("a slow service is pending, and a restart waits for it", async () => {
  const { clock, manager, state } = simulate({ startTakes: 2000, stopTakes: 3000 });
  const restarted = manager.restart("icinga2");
  restarted.catch(() => {});
  await clock.advance(1000);
  assertEquals(await state(), "STOP_PENDING");
  await clock.advance(3000);
  assertEquals(await state(), "START_PENDING");
  await after(3000, clock, restarted);
  assertEquals(await state(), "RUNNING");
});

Deno.test("a service that hangs on stop stays pending until it is repaired", async () => {
  const { clock, manager, state } = simulate({ hangOnStop: true });
  const error = await assertRejects(
    () => after(61_000, clock, manager.restart("icinga2")),
    ServiceError,
  );
  assertEquals(error.kind, "timeout");
  assertEquals(await state(), "STOP_PENDING");
  manager.repair();
  assertEquals(await state(), "STOPPED");
});

Deno.test("a repair keeps the state that nobody has seen yet", async () => {
  const { clock, manager, state } = simulate({ crashEvery: 1_000 });
  await clock.advance(1_000);
  manager.repair();
  assertEquals(await state(), "STOPPED");
});

Deno.test("a pending service makes a step each second, unless it hangs", async () => {
  const table: [scenario: Scenario, checkpoint: number][] = [
    [{ stopTakes: 10_000 }, 2],
    [{ hangOnStop: true }, 0],
    [{}, 0],
  ];
  for (const [scenario, checkpoint] of table) {
    const { clock, manager, state } = simulate(scenario);
    await manager.stop("icinga2");
    await clock.advance(2_900);
    await state();
    assertEquals(manager.progress(), { checkpoint, waitHint: 0 });
  }
});

Deno.test("a silent service ends a query at its time limit", async () => {
  const { clock, manager } = simulate({ hangOnQuery: true });
  const query = manager.query("icinga2");
  await assertRejects(() => after(9999, clock, query), Error, "undecided");
  const error = await assertRejects(() => after(1, clock, query), ServiceError);
  assertEquals(error.kind, "timeout");
});

Deno.test("a denied service can be queried, and nothing else", async () => {
  const { manager, state } = simulate({ accessDenied: true, state: "STOPPED" });
  assertEquals(await state(), "STOPPED");
  for (const change of ["start", "stop", "restart"] as const) {
    const error = await assertRejects(() => manager[change]("icinga2"), ServiceError);
    assertEquals([error.kind, error.code], ["access-denied", 5]);
  }
});

Deno.test("a disabled service starts once its start type is another, which may be denied", async () => {
  assertEquals(await simulate().manager.isDisabled(), false);
  const { manager, state } = simulate({ disabled: true, state: "STOPPED" });
  assertEquals(await manager.isDisabled(), true);
  const error = await assertRejects(() => manager.start("icinga2"), ServiceError);
  assertEquals(error.kind, "disabled");
  await manager.enable("icinga2");
  await manager.start("icinga2");
  assertEquals([await state(), await manager.isDisabled()], ["RUNNING", false]);
  const denied = simulate({ disabled: true, accessDenied: true }).manager;
  const refused = await assertRejects(() => denied.enable("icinga2"), ServiceError);
  assertEquals([refused.kind, await denied.isDisabled()], ["access-denied", true]);
});

Deno.test("an absent service has no state and cannot be changed", async () => {
  const { manager, state } = simulate({ absent: true });
  assertEquals(await state(), undefined);
  for (const change of ["start", "stop", "restart"] as const) {
    const error = await assertRejects(() => manager[change]("icinga2"), ServiceError);
    assertEquals(error.kind, "not-installed");
  }
});

Deno.test("a restart brings it to RUNNING from every state", async () => {
  for (const state of serviceStates) {
    const { clock, manager } = simulate({ state, startTakes: 700, stopTakes: 700 });
    await after(10_000, clock, manager.restart("icinga2"));
    assertEquals(await manager.query("icinga2"), "RUNNING", state);
  }
});

Deno.test("a paused service is continued and not stopped", async () => {
  const { clock, manager } = simulate();
  manager.set("PAUSED");
  await after(0, clock, manager.restart("icinga2"));
  assertEquals(manager.calls.includes("continue icinga2"), true);
  assertEquals(manager.calls.includes("stop icinga2"), false);
});

Deno.test("an abort ends what waits, and refuses what comes after", async () => {
  const { clock, manager } = simulate({ hangOnQuery: true });
  const abort = new AbortController();
  const query = manager.query("icinga2", abort.signal);
  abort.abort(new Error("shutting down"));
  await assertRejects(() => query, Error, "shutting down");
  await assertRejects(() => manager.start("icinga2", abort.signal), Error, "shutting down");
  assertEquals(clock.sleeping, 0);
});

Deno.test("a name that no service can have is refused", async () => {
  const { manager } = simulate();
  for (const call of ["query", "start", "stop", "restart"] as const) {
    await assertRejects(() => manager[call]("/y"), TypeError, "without a slash");
  }
});

Deno.test("the demo shows a crash, a failed restart and a recovery within 20 s at a 5 s interval", async () => {
  const { clock, manager, state } = simulate(demoScenario);
  const seen: string[] = [];
  for (let tick = 0; tick <= 4; tick++) {
    const found = await state();
    seen.push(`${found}`);
    if (found !== "RUNNING") {
      const restarted = after(0, clock, manager.restart("icinga2"));
      seen.push(await restarted.then(() => "restarted", () => "failed"));
    }
    await clock.advance(5000);
  }
  assertEquals(seen, [
    "RUNNING",
    "RUNNING",
    "STOPPED",
    "failed",
    "STOPPED",
    "restarted",
    "RUNNING",
  ]);
});

Deno.test("a plan of plain data makes the manager it names", async () => {
  const clock = new ManualClock();
  const plan = structuredClone({
    kind: "simulated" as const,
    scenario: { state: "PAUSED" as const },
  });
  assertEquals(await createServiceManager(plan, clock).query("icinga2"), "PAUSED");
  assertEquals(servicePrograms(plan), []);
  assertEquals(servicePrograms({ kind: "windows", systemRoot: "D:\\Windows" }), [
    "D:\\Windows\\System32\\sc.exe",
    "D:\\Windows\\System32\\net.exe",
  ]);
});

Deno.test("the time limits of a plan are kept, and absent ones are the defaults", async () => {
  for (const [queryTimeout, limit] of [[50, 50], [undefined, 10_000]] as const) {
    const clock = new ManualClock();
    const plan = { kind: "simulated", scenario: { hangOnQuery: true }, queryTimeout } as const;
    const query = createServiceManager(plan, clock).query("icinga2");
    await assertRejects(() => after(limit - 1, clock, query), Error, "undecided");
    await assertRejects(() => after(1, clock, query), ServiceError);
  }
});
