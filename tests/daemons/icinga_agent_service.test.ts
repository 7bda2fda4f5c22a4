import { assertEquals, assertMatch } from "@std/assert";
import { setImmediate } from "node:timers";
import daemon from "../../daemons/icinga_agent_service.ts";
import { decide, queriesAtOnce, type WatchAction } from "../../daemons/shared/watch_decisions.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { readArguments } from "../../lib/daemon/arguments.ts";
import { createContext, createDaemonLog } from "../../lib/daemon/mod.ts";
import type { DaemonDefinition } from "../../lib/daemon/author.ts";
import {
  type Scenario,
  ServiceError,
  type ServiceManager,
  type ServiceMode,
  type ServiceState,
  serviceStates,
  SimulatedServiceManager,
} from "../../lib/service/mod.ts";
import { noStats, type ServiceStats } from "../../lib/service/stats.ts";
import { MainState } from "../../lib/state/mod.ts";

const PENDING_LIMIT = 60_000;

Deno.test("what is done about each state", () => {
  const cases: [state: ServiceState | undefined, since: number, action: WatchAction][] = [
    [undefined, 0, "none"],
    ["RUNNING", 0, "none"],
    ["STOPPED", 0, "restart"],
    ["PAUSED", 0, "restart"],
    ["START_PENDING", 0, "wait"],
    ["STOP_PENDING", PENDING_LIMIT - 1, "wait"],
    ["STOP_PENDING", PENDING_LIMIT, "report-stuck"],
    ["PAUSE_PENDING", 0, "wait"],
    ["CONTINUE_PENDING", 0, "wait"],
  ];
  for (const [state, since, action] of cases) {
    assertEquals(decide(state, since, PENDING_LIMIT), action, `${state}`);
  }
});

/** A manager of which some calls are answered otherwise. */
function changed(manager: ServiceManager, changes: Partial<ServiceManager>): ServiceManager {
  return new Proxy(manager, {
    get(target, name) {
      const own = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

/** Runs the daemon on a simulated service; `end` stops it and waits until it has returned. */
function start(
  scenario: Scenario,
  wrap = (manager: ServiceManager) => manager,
  given: Record<string, unknown> = {},
  mode?: ServiceMode,
  prepare: (state: MainState) => void = () => {},
) {
  const clock = new ManualClock(() => new Promise((resolve) => setImmediate(resolve)));
  const manager = new SimulatedServiceManager(clock, scenario);
  const state = new MainState({ thread: "main" });
  prepare(state);
  const records: string[] = [];
  const ended: string[] = [];
  const stop = new AbortController();
  const context = createContext({
    daemon: "icinga_agent_service",
    thread: "icinga_agent_service::run::Main::0",
    signal: stop.signal,
    arguments: readArguments(daemon.arguments!, given).values,
    state,
    log: createDaemonLog("debug", (level, message) => void records.push(`${level} ${message}`)),
    services: wrap(manager),
    mode,
    endProcess: (service) => ended.push(service),
    clock,
  });
  const done = (daemon as DaemonDefinition).run(context);
  return {
    clock,
    manager,
    records,
    ended,
    shared: state.map<string, unknown>("Daemons.icinga_agent_service.ServiceState"),
    stats: state.map<string, ServiceStats>("Daemons.icinga_agent_service.ServiceStats"),
    pauses: state.map<string, unknown>("Agent.ServicePauses"),
    aside: state.map<string, string>("Agent.Aside"),
    maintenance: state.map<string, unknown>("Agent.Maintenance"),
    states: state.map<string, number>("Agent.ServiceStates"),
    startTypes: state.map<string, string>("Agent.ServiceStartTypes"),
    queries: () => manager.calls.filter((call) => call === "query icinga2").length,
    end: async () => {
      stop.abort();
      await done;
      state.close();
    },
  };
}

Deno.test("a running service is queried at once and every 5 s, and left alone", async () => {
  const { clock, manager, shared, records, end } = start({});
  await clock.advance(15_000);
  assertEquals(manager.calls, Array(4).fill("query icinga2"));
  assertEquals(Object.fromEntries(shared), { restart_error: 0, value: "RUNNING" });
  assertEquals(records, ["info Service 'icinga2' is RUNNING"]);
  await end();
});

Deno.test("what was shared of another service is forgotten once the argument names a new one", async () => {
  const of = (state: MainState, map: string) =>
    state.map<string, unknown>(`Daemons.icinga_agent_service.${map}`);
  for (const [name, kept] of [["other", false], ["icinga2", true]] as const) {
    let probes: ReadonlyMap<string, unknown> | undefined;
    const { clock, shared, stats, end } = start(
      { absent: true },
      undefined,
      {},
      undefined,
      (state) => {
        of(state, "ServiceState").set("value", "RUNNING");
        of(state, "ServiceStats").set(name, { ...noStats(), restarts: 7 });
        probes = of(state, "ServiceProbes").set("own", {});
      },
    );
    assertEquals(shared.get("value"), kept ? "RUNNING" : undefined);
    await clock.advance(1_000);
    assertEquals([...stats.keys()], ["icinga2"]);
    assertEquals(stats.get("icinga2")?.restarts, kept ? 7 : 0);
    await end();
    assertEquals(probes?.has("own"), false);
  }
});

Deno.test("a service that crashes is restarted at the next query, and both are said", async () => {
  const { clock, shared, records, end } = start({ crashAt: [7_000] });
  await clock.advance(9_999);
  assertEquals(shared.get("value"), "RUNNING");
  await clock.advance(1);
  assertEquals(Object.fromEntries(shared), { restart_error: 0, value: "RUNNING" });
  assertEquals(records.slice(1), [
    "warning Service 'icinga2' is STOPPED",
    "info Restarted service 'icinga2': it is RUNNING (restart_error 0)",
  ]);
  await end();
});

Deno.test("each restart that fails raises restart_error by one; the first that works sets it to 0", async () => {
  const { clock, shared, records, end } = start({ state: "STOPPED", refuseStarts: 3 });
  const errors: unknown[] = [];
  for (const wait of [0, 5_000, 5_000, 10_000]) {
    await clock.advance(wait);
    errors.push(shared.get("restart_error"));
  }
  assertEquals(errors, [1, 2, 3, 0]);
  assertEquals(records.filter((record) => record.startsWith("error")).length, 3);
  assertMatch(records[1]!, /^error Cannot start service 'icinga2': .*\(restart_error 1\)$/);
  await end();
});

Deno.test("without the right to restart the error says so, the counter rises, and the loop goes on", async () => {
  const { clock, shared, records, queries, end } = start({ state: "STOPPED", accessDenied: true });
  await clock.advance(10_000);
  assertEquals(shared.get("restart_error"), 3);
  assertEquals(shared.get("value"), "STOPPED");
  assertMatch(records.at(-1)!, /access is denied \(5\); run the agent as LocalSystem/);
  await clock.advance(10_000);
  assertEquals(shared.get("restart_error"), 4);
  assertEquals(queries() >= 4, true);
  await end();
});

Deno.test("a service that is not installed: one debug record, and the state is left alone", async () => {
  const { clock, shared, records, end } = start({ absent: true });
  await clock.advance(60_000);
  assertEquals(records, ["debug Service 'icinga2' is not installed"]);
  assertEquals(Object.fromEntries(shared), { restart_error: 0 });
  await end();
});

Deno.test("a pending service is waited for; stuck for a minute it counts as one error", async () => {
  const { clock, shared, records, manager, end } = start({
    state: "STOP_PENDING",
    hangOnStop: true,
  });
  await clock.advance(PENDING_LIMIT - 1);
  assertEquals(shared.get("restart_error"), 0);
  await clock.advance(1);
  assertEquals(shared.get("restart_error"), 1);
  assertMatch(records.at(-1)!, /^error Service 'icinga2' has been STOP_PENDING/);
  assertEquals(manager.calls.every((call) => call === "query icinga2"), true);
  await clock.advance(60_000);
  assertEquals(shared.get("restart_error"), 2);
  assertEquals(records.filter((record) => record.startsWith("error")).length, 2);
  await clock.advance(60_000);
  assertEquals(shared.get("restart_error"), 3);
  await end();
});

Deno.test("the process of a stuck service is ended where endStuck says so, unless it is only observed", async () => {
  const cases: [given: Record<string, unknown>, mode: ServiceMode | undefined, ended: string[]][] =
    [
      [{}, undefined, []],
      [{ endStuck: true }, undefined, ["icinga2", "icinga2"]],
      [{ endStuck: true }, "observe", []],
      [{ endStuck: true, mode: "stopped" }, undefined, []],
    ];
  for (const [given, mode, expected] of cases) {
    const scenario: Scenario = { state: "STOP_PENDING", hangOnStop: true };
    const { clock, ended, records, end } = start(scenario, undefined, given, mode);
    await clock.advance(2 * PENDING_LIMIT);
    assertEquals(ended, expected);
    assertEquals(/its process is ended/.test(records.at(-1)!), expected.length > 0);
    await end();
  }
});

Deno.test("a paused service is brought back to RUNNING", async () => {
  const { clock, shared, manager, end } = start({ state: "PAUSED" });
  await clock.advance(1_000);
  assertEquals(shared.get("value"), "RUNNING");
  assertEquals(manager.calls.includes("continue icinga2"), true);
  await end();
});

Deno.test("once somebody else has repaired the service no error is left, and a record says so", async () => {
  const { clock, shared, manager, records, end } = start({ state: "STOPPED", accessDenied: true });
  await clock.advance(5_000);
  assertEquals(shared.get("restart_error"), 2);
  manager.set("RUNNING");
  await clock.advance(5_000);
  assertEquals(Object.fromEntries(shared), { restart_error: 0, value: "RUNNING" });
  assertEquals(records.at(-1), "info Service 'icinga2' runs again (restart_error 0)");
  await end();
});

Deno.test("a service that somebody else starts between the two queries is not stopped, and has recovered", async () => {
  const { clock, shared, stats, manager, records, end } = start(
    { state: "STOPPED" },
    (manager) =>
      changed(manager, {
        restart: (...args) => {
          (manager as SimulatedServiceManager).set("RUNNING");
          return manager.restart(...args);
        },
      }),
  );
  await clock.advance(10_000);
  assertEquals(manager.calls.filter((call) => /^(?:start|stop)/.test(call)), []);
  assertEquals(Object.fromEntries(shared), { restart_error: 0, value: "RUNNING" });
  const { restarts, recoveries } = stats.get("icinga2")!;
  assertEquals([restarts, recoveries], [0, 1]);
  assertEquals(records, [
    "warning Service 'icinga2' is STOPPED",
    "info Service 'icinga2' is RUNNING",
  ]);
  await end();
});

Deno.test("a disabled service is not tried: one warning, until it is enabled or runs", async () => {
  const { clock, manager, stats, records, shared, end } = start({
    state: "STOPPED",
    disabled: true,
  });
  await clock.advance(DAY);
  assertEquals(manager.calls.some((call) => call.startsWith("start")), false);
  assertEquals(said(records).map((record) => record.replace(/;.*/, "")), [
    "warning Service 'icinga2' is STOPPED",
    "warning Service 'icinga2' is disabled and is not started",
  ]);
  assertEquals([stats.get("icinga2")!.disabled, shared.get("restart_error")], ["warn", 0]);
  manager.repair();
  await clock.advance(60_000);
  assertEquals([stats.get("icinga2")!.disabled, shared.get("value")], [undefined, "RUNNING"]);
  await end();
});

Deno.test("the start type that the agent has read is taken, and sc is not run for it", async () => {
  for (const startType of ["disabled", "automatic"]) {
    let asked = 0;
    const { clock, manager, startTypes, stats, end } = start(
      { crashAt: [7_000] },
      (manager) => changed(manager, { isDisabled: () => Promise.resolve(++asked === 0) }),
      { service: "Icinga2" },
    );
    await clock.advance(6_000);
    startTypes.set("icinga2", startType);
    await clock.advance(5_000);
    const isDisabled = startType === "disabled";
    assertEquals(stats.get("Icinga2")!.disabled, isDisabled ? "warn" : undefined);
    assertEquals(manager.calls.some((call) => call.startsWith("start")), !isDisabled);
    assertEquals(asked, 0);
    await end();
  }
});

Deno.test("where the start type cannot be read, the refusal says that it is disabled; tried each 5 min", async () => {
  const { clock, manager, records, shared, stats, end } = start(
    { state: "STOPPED", disabled: true },
    (manager) => changed(manager, { isDisabled: () => Promise.resolve(undefined) }),
  );
  await clock.advance(DAY);
  assertEquals(manager.calls.filter((call) => call === "start icinga2").length, 1 + 288);
  assertEquals(said(records).length, 2);
  assertEquals([stats.get("icinga2")!.disabled, shared.get("restart_error")], ["warn", 0]);
  await end();
});

Deno.test("a service that stays disabled though it is enabled is tried each 5 min, with one warning an hour", async () => {
  const { clock, manager, records, end } = start(
    { state: "STOPPED", disabled: true },
    (manager) => changed(manager, { enable: () => Promise.resolve() }),
    { whenDisabled: "enable" },
  );
  await clock.advance(DAY - 1);
  assertEquals(manager.calls.filter((call) => call === "start icinga2").length, 288);
  assertEquals(said(records).length, 1 + 24);
  await end();
});

Deno.test("whenDisabled: ignore warns of nothing, enable sets the start type and starts it", async () => {
  const scenario: Scenario = { state: "STOPPED", disabled: true };
  const ignored = start(scenario, undefined, { whenDisabled: "ignore" });
  await ignored.clock.advance(600_000);
  assertEquals(ignored.stats.get("icinga2")!.disabled, "ignore");
  assertEquals(ignored.manager.calls.some((call) => call.startsWith("start")), false);
  await ignored.end();
  const enabled = start(scenario, undefined, { whenDisabled: "enable" });
  await enabled.clock.advance(0);
  assertEquals(enabled.shared.get("value"), "RUNNING");
  assertEquals(enabled.manager.calls.filter((call) => call.startsWith("enable")).length, 1);
  await enabled.end();
});

for (const code of [2, 3, 193, 1069, 1072]) {
  Deno.test(`code ${code} is no matter of a retry: tried each 5 min, one error an hour`, async () => {
    let tried = 0;
    const { clock, records, shared, end } = start(
      { state: "STOPPED" },
      (manager) =>
        changed(manager, {
          restart: () => {
            tried++;
            return Promise.reject(ServiceError.ofCode("start", "icinga2", code));
          },
        }),
    );
    await clock.advance(DAY - 1);
    assertEquals([tried, shared.get("restart_error")], [288, 288]);
    assertEquals(said(records).length, 1 + 24);
    await end();
  });
}

Deno.test("what no retry mends holds back no restart once the service has run again", async () => {
  let isMended = false;
  const { clock, manager, shared, end } = start(
    { state: "STOPPED" },
    (manager) =>
      changed(manager, {
        restart: (...given) =>
          isMended
            ? manager.restart(...given)
            : Promise.reject(ServiceError.ofCode("start", "icinga2", 2)),
      }),
  );
  await clock.advance(5_000);
  isMended = true;
  manager.set("RUNNING");
  await clock.advance(5_000);
  manager.set("STOPPED");
  await clock.advance(10_000);
  assertEquals([shared.get("value"), shared.get("restart_error")], ["RUNNING", 0]);
  await end();
});

Deno.test("a service that is removed is one warning, and its last state is shared no longer", async () => {
  const { clock, manager, records, shared, end } = start({});
  await clock.advance(0);
  manager.repair({ absent: true });
  await clock.advance(60_000);
  assertEquals(shared.has("value"), false);
  assertEquals(records.slice(1), ["warning Service 'icinga2' is not installed any more"]);
  manager.repair();
  await clock.advance(5_000);
  assertEquals(shared.get("value"), "RUNNING");
  await end();
});

Deno.test("a display name in the place of a name is told, once", async () => {
  const { clock, records, end } = start(
    { absent: true },
    (manager) => changed(manager, { nameOf: () => Promise.resolve("icinga2") }),
    { service: "Icinga 2" },
  );
  await clock.advance(60_000);
  assertEquals(said(records), [
    "warning There is no service 'Icinga 2': that is the display name of 'icinga2', which is the name to use",
  ]);
  await end();
});

Deno.test("a service that makes progress is not stuck; without progress it is after its own hint", async () => {
  let progress = { checkpoint: 0, waitHint: 0 };
  const { clock, records, shared, end } = start(
    { state: "STOP_PENDING", hangOnStop: true },
    (manager) => changed(manager, { progress: () => progress }),
  );
  for (let checkpoint = 1; checkpoint <= 10; checkpoint++) {
    progress = { checkpoint, waitHint: 90_000 };
    await clock.advance(50_000);
  }
  // The last step was seen at 455 s.
  await clock.advance(44_999);
  assertEquals(shared.get("restart_error"), 0);
  await clock.advance(1);
  assertEquals(shared.get("restart_error"), 1);
  assertMatch(records.at(-1)!, /has been STOP_PENDING for 90s without progress/);
  await end();
});

Deno.test("a service that takes 90 s to start is not called stuck, and pendingLimit is its own", async () => {
  const slow = start({ state: "START_PENDING", startTakes: 90_000 });
  await slow.clock.advance(95_000);
  assertEquals(slow.records.map((record) => record.split(" ")[0]), ["info", "info"]);
  await slow.end();
  const patient = start({ state: "STOP_PENDING", hangOnStop: true }, undefined, {
    pendingLimit: "10m",
  });
  await patient.clock.advance(599_999);
  assertEquals(patient.shared.get("restart_error"), 0);
  await patient.clock.advance(1);
  assertEquals(patient.shared.get("restart_error"), 1);
  await patient.end();
});

const DAY = 24 * 60 * 60_000;

/** Of some records those above debug. */
const said = (records: string[]) => records.filter((record) => !record.startsWith("debug"));

Deno.test("a day of a crash loop: the attempts back off, and one error says that it flaps, repeated each hour", async () => {
  const { clock, manager, stats, records, shared, end } = start({ crashEvery: 2_000 });
  const starts = () => manager.calls.filter((call) => call === "start icinga2").length;
  const at: number[] = [];
  for (let before = 0; clock.now() < 500_000; await clock.advance(1_000)) {
    if (starts() > before) at.push(clock.now());
    before = starts();
  }
  assertEquals(at, [5_000, 15_000, 35_000, 75_000, 155_000, 455_000]);
  await clock.advance(DAY - clock.now());
  // One attempt each 5 min once it flaps.
  assertEquals(starts(), 5 + Math.ceil((DAY - 455_000) / 300_000));
  const { flapping, stable, restartsLastHour } = stats.get("icinga2")!;
  assertEquals([flapping, stable, restartsLastHour], [true, false, 12]);
  assertEquals(shared.get("restart_error"), 0);
  const all = said(records);
  const errors = all.filter((record) => record.startsWith("error"));
  assertEquals(errors.length, 24);
  assertEquals(
    errors[0],
    "error Service 'icinga2' is flapping: 5 restarts in the last hour; it is tried each 5m until it has run for 10m",
  );
  // RUNNING at first; then five times STOPPED and restarted, and the last time STOPPED.
  assertEquals(all.length - errors.length, 1 + 5 * 2 + 1);
  await end();
});

Deno.test("a restart that takes a while delays the next one by no interval", async () => {
  const { clock, records, end } = start({ crashEvery: 2_000, startTakes: 300 });
  await clock.advance(40_000);
  assertEquals(records.filter((record) => record.includes("Restarted")).length, 3);
  await end();
});

Deno.test("a service that flaps and is mended flaps no more after 10 min, and is restarted at once again", async () => {
  const { clock, manager, stats, records, end } = start({ crashEvery: 2_000 });
  await clock.advance(456_000);
  manager.repair();
  await clock.advance(598_000);
  assertEquals(stats.get("icinga2")!.flapping, true);
  await clock.advance(300_000);
  assertEquals(stats.get("icinga2")!.flapping, false);
  assertEquals(records.at(-1), "info Service 'icinga2' has run for 10m: it flaps no more");
  await clock.advance(10 * 60_000);
  manager.set("STOPPED");
  await clock.advance(5_000);
  assertEquals(
    records.at(-1),
    "info Restarted service 'icinga2': it is RUNNING (restart_error 0)",
  );
  await end();
});

Deno.test("a day of refused restarts: they back off to one each 5 min, with one error an hour", async () => {
  const { clock, manager, records, shared, end } = start({ state: "STOPPED", accessDenied: true });
  await clock.advance(DAY);
  const attempts = manager.calls.filter((call) => call === "restart icinga2").length;
  // At 0, 5, 10, 20, 40, 80, 160 and 320 s, and then each 5 min.
  assertEquals(attempts, 8 + Math.floor((DAY - 320_000) / 300_000));
  assertEquals(shared.get("restart_error"), attempts);
  assertEquals(said(records).length, 1 + 3 + 23);
  await end();
});

Deno.test("slow queries never overlap, and failed ones do not end the loop", async () => {
  let open = 0;
  let most = 0;
  const { clock, records, queries, end } = start(
    { hangOnQuery: true },
    (manager) =>
      changed(manager, {
        query: async (...args) => {
          most = Math.max(most, ++open);
          try {
            return await manager.query(...args);
          } finally {
            open--;
          }
        },
      }),
  );
  await clock.advance(60_000);
  assertEquals(most, 1);
  assertEquals(queries() >= 4, true);
  assertEquals(records.filter((record) => record.startsWith("error")).length, 1);
  await end();
});

Deno.test("a day without an answer to a query is one error an hour", async () => {
  const { clock, records, end } = start(
    {},
    (manager) => changed(manager, { query: () => Promise.reject(new Error("no answer")) }),
  );
  await clock.advance(DAY - 1);
  assertEquals(said(records), Array(24).fill("error no answer"));
  await end();
});

Deno.test("queries that fail are counted as queries too, and it is shared why the last one did", async () => {
  let fails = true;
  const { clock, stats, end } = start({}, (manager) =>
    changed(manager, {
      query: (...args) => fails ? Promise.reject(new Error("no answer")) : manager.query(...args),
    }));
  const counted = () => {
    const { queries, queryErrors, queryError } = stats.get("icinga2")!;
    return [queries, queryErrors, queryError];
  };
  await clock.advance(5_000);
  assertEquals(counted(), [2, 2, "no answer"]);
  fails = false;
  await clock.advance(5_000);
  assertEquals(counted(), [3, 2, undefined]);
  await end();
});

Deno.test("a service that cannot be queried is not said to be stable", async () => {
  let fails = false;
  const { clock, stats, end } = start({}, (manager) =>
    changed(manager, {
      query: (...args) => fails ? Promise.reject(new Error("no answer")) : manager.query(...args),
    }));
  const stable: unknown[] = [];
  for (fails of [false, true, false]) {
    await clock.advance(60_000);
    stable.push(stats.get("icinga2")!.stable);
  }
  assertEquals(stable, [true, false, true]);
  await end();
});

Deno.test("an outage of queries is one error record, and the next one with the same words another", async () => {
  let fails = true;
  const { clock, records, end } = start({}, (manager) =>
    changed(manager, {
      query: (...args) => fails ? Promise.reject(new Error("no answer")) : manager.query(...args),
    }));
  const errors = () => records.filter((record) => record === "error no answer").length;
  await clock.advance(60_000);
  assertEquals(errors(), 1);
  fails = false;
  await clock.advance(5_000);
  fails = true;
  await clock.advance(60_000);
  assertEquals(errors(), 2);
  await end();
});

const stops = [["query", 0xC000013A], ["restart", 0xC000013A], ["restart", 1115]] as const;
for (const [broken, code] of stops) {
  const cause = code === 1115 ? "the shutdown of Windows" : "Ctrl+C";
  Deno.test(`a ${broken} that ${cause} ended is no error: the stop follows`, async () => {
    const interrupted = () => Promise.reject(ServiceError.ofCode(broken, "icinga2", code));
    const { clock, shared, records, end } = start(
      { state: "STOPPED" },
      (manager) =>
        changed(manager, {
          [broken]: interrupted,
        }),
    );
    await clock.advance(5_000);
    assertEquals(records.filter((record) => record.startsWith("error")), []);
    assertEquals(shared.get("restart_error"), 0);
    await end();
  });
}

Deno.test("arguments are checked with what would be right", () => {
  const wrong = readArguments(daemon.arguments!, {
    service: "a/b",
    interval: "5x",
    intervall: "5s",
  });
  assertEquals(wrong.problems.map((problem) => problem.path.join(".")).sort(), [
    "interval",
    "intervall",
    "service",
  ]);
});

Deno.test("a service that is paused is queried, and left alone until the pause ends", async () => {
  const { clock, manager, shared, pauses, end } = start({ crashAt: [7_000] });
  pauses.set("icinga2", { since: "2026-01-01T00:00:00.000Z", by: "command" });
  await clock.advance(60_000);
  assertEquals(shared.get("value"), "STOPPED");
  assertEquals(manager.calls.every((call) => call === "query icinga2"), true);
  pauses.delete("icinga2");
  await clock.advance(5_000);
  assertEquals(shared.get("value"), "RUNNING");
  await end();
});

for (const key of ["installing", "network"]) {
  Deno.test(`nothing is restarted while ${key} stands in the way, which is said once`, async () => {
    const { clock, manager, stats, aside, records, end } = start({ crashAt: [7_000] });
    aside.set(key, "wait for it");
    await clock.advance(60_000);
    assertEquals(manager.calls.every((call) => call === "query icinga2"), true);
    assertEquals(stats.get("icinga2")!.held, "wait for it");
    aside.delete(key);
    await clock.advance(5_000);
    assertEquals(records.slice(1), [
      "warning Service 'icinga2' is STOPPED",
      "warning Service 'icinga2' is not restarted: wait for it",
      "info Service 'icinga2' is restarted again",
      "info Restarted service 'icinga2': it is RUNNING (restart_error 0)",
    ]);
    assertEquals(stats.get("icinga2")!.held, undefined);
    // What somebody else starts is not said to be restarted.
    aside.set(key, "wait for it");
    manager.set("STOPPED");
    await clock.advance(5_000);
    manager.set("RUNNING");
    await clock.advance(5_000);
    assertEquals(stats.get("icinga2")!.held, undefined);
    assertEquals(records.at(-1), "info Service 'icinga2' is RUNNING");
    await end();
  });
}

Deno.test("nothing is started for 5 min after Windows has said that it shuts down", async () => {
  let asked = 0;
  const refuse = () => {
    asked++;
    return Promise.reject(ServiceError.ofCode("start", "icinga2", 1115));
  };
  const wrap = (manager: ServiceManager) => changed(manager, { restart: refuse });
  const { clock, stats, shared, records, end } = start({ state: "STOPPED" }, wrap);
  await clock.advance(299_999);
  assertEquals(asked, 1);
  assertEquals(records, [
    "warning Service 'icinga2' is STOPPED",
    "warning Service 'icinga2' is not restarted: Windows is shutting down",
  ]);
  assertEquals([shared.get("restart_error"), stats.get("icinga2")!.restartFailures], [0, 0]);
  await clock.advance(1);
  assertEquals(asked, 2);
  await end();
});

const observed: [what: string, given: Record<string, unknown>, mode?: ServiceMode][] = [
  ["its own mode", { mode: "observe" }],
  ["the agent's mode", {}, "observe"],
  ["the more careful of both", { mode: "stopped" }, "observe"],
];
for (const [what, given, mode] of observed) {
  Deno.test(`observed by ${what}, nothing is touched, and each outage is said`, async () => {
    const { clock, manager, records, stats, shared, end } = start(
      { crashAt: [7_000, DAY + 7_000] },
      undefined,
      given,
      mode,
    );
    await clock.advance(DAY - 1);
    assertEquals(manager.calls.every((call) => call === "query icinga2"), true);
    assertEquals(said(records).slice(1, 3), [
      "warning Service 'icinga2' is STOPPED",
      "warning Mode observe: would have restarted icinga2: it is STOPPED",
    ]);
    // The latter once more each hour.
    assertEquals(said(records).length, 2 + 24);
    const { wouldRestart, wouldRestarts, restarts } = stats.get("icinga2")!;
    assertEquals([wouldRestart, wouldRestarts, restarts], ["it is STOPPED", 1, 0]);
    assertEquals([shared.get("value"), shared.get("restart_error")], ["STOPPED", 0]);
    manager.set("RUNNING");
    await clock.advance(5_000);
    assertEquals(stats.get("icinga2")!.wouldRestart, undefined);
    await clock.advance(10_000);
    assertEquals(stats.get("icinga2")!.wouldRestarts, 2);
    await end();
  });
}

Deno.test("a disabled service is not even enabled where it is only observed", async () => {
  const scenario: Scenario = { state: "STOPPED", disabled: true };
  const given = { mode: "observe", whenDisabled: "enable" };
  const { clock, manager, stats, end } = start(scenario, undefined, given);
  await clock.advance(600_000);
  assertEquals(manager.calls.every((call) => call === "query icinga2"), true);
  assertEquals(stats.get("icinga2")!.wouldRestarts, 1);
  await end();
});

Deno.test("what would have been done is forgotten by a new thread, unless it is so still", async () => {
  const cases: [mode: string, scenario: Scenario, expected: string | undefined][] = [
    ["observe", { state: "STOPPED" }, "it is STOPPED"],
    ["observe", {}, undefined],
    ["act", { state: "STOPPED" }, undefined],
  ];
  for (const [mode, scenario, expected] of cases) {
    const { clock, stats, end } = start(scenario, undefined, { mode }, undefined, (state) => {
      const before = { ...noStats(), wouldRestart: "it is STOPPED", wouldRestarts: 1 };
      state.map("Daemons.icinga_agent_service.ServiceStats").set("icinga2", before);
    });
    await clock.advance(10_000);
    const { wouldRestart, wouldRestarts } = stats.get("icinga2")!;
    assertEquals([wouldRestart, wouldRestarts], [expected, 1], mode);
    await end();
  }
});

Deno.test("a service that is disabled after its stop would not be restarted, and that is shared no longer", async () => {
  const given = { mode: "observe", whenDisabled: "ignore" };
  const { clock, startTypes, stats, end } = start({ state: "STOPPED" }, undefined, given);
  await clock.advance(1_000);
  assertEquals(stats.get("icinga2")!.wouldRestart, "it is STOPPED");
  startTypes.set("icinga2", "disabled");
  await clock.advance(4_000);
  const { disabled, wouldRestart } = stats.get("icinga2")!;
  assertEquals([disabled, wouldRestart], ["ignore", undefined]);
  await end();
});

Deno.test("in the mode stopped a stopped service is started", async () => {
  const { clock, shared, end } = start({ state: "STOPPED" }, undefined, { mode: "stopped" });
  await clock.advance(0);
  assertEquals(shared.get("value"), "RUNNING");
  await end();
});

Deno.test("a change of state is looked at before the next tick, but not right after an attempt", () => {
  const cases: [sinceAttempt: number, interval: number, looks: boolean][] = [
    [Infinity, 5_000, true],
    [5_000, 5_000, true],
    [4_999, 5_000, false],
    [0, 5_000, false],
  ];
  for (const [sinceAttempt, interval, looks] of cases) {
    assertEquals(queriesAtOnce(sinceAttempt, interval), looks, `${sinceAttempt} of ${interval}`);
  }
});

/** Runs the daemon, and shares the state of its service 4 times a second as the agent does. */
function startSeen(...[scenario, wrap, given]: Parameters<typeof start>) {
  const times: number[] = [];
  const run = start(scenario, (manager) =>
    changed(wrap?.(manager) ?? manager, {
      query: (...args) => {
        times.push(run.clock.now());
        return manager.query(...args);
      },
    }), given);
  /** Lets time pass. */
  const pass = async (ms: number) => {
    for (const end = run.clock.now() + ms; run.clock.now() < end;) {
      await run.clock.advance(Math.min(250, end - run.clock.now()));
      const number = serviceStates.indexOf((await run.manager.query("icinga2"))!) + 1;
      if (run.states.get("icinga2") !== number) run.states.set("icinga2", number);
      await run.clock.advance(0);
    }
  };
  return { ...run, pass, times };
}

Deno.test("a stop is answered when the agent sees it, and the ticks keep their times", async () => {
  const { pass, records, times, shared, end } = startSeen({ crashAt: [7_100, 17_100] });
  await pass(7_000);
  assertEquals(times, [0, 5_000]);
  await pass(250);
  assertEquals(shared.get("value"), "RUNNING");
  assertMatch(records.at(-1)!, /^info Restarted/);
  await pass(8_000);
  // The restart's own queries are the manager's.
  assertEquals(times, [0, 5_000, 7_250, 10_000, 15_000]);
  await pass(2_500);
  assertEquals(times.slice(5), [17_250], "the next stop too");
  await end();
});

Deno.test("a service that crashes again at once is tried no sooner than without the agent's looks", async () => {
  const { pass, manager, end } = startSeen({ crashEvery: 300 }, undefined, {
    backoff: "0s",
    maxRestarts: 0,
  });
  await pass(60_000);
  const restarts = manager.calls.filter((call) => call === "restart icinga2").length;
  assertEquals(restarts <= 13, true, `${restarts}`);
  await end();
});

Deno.test("while the agent or the service is paused a change of state restarts nothing", async () => {
  for (const map of ["maintenance", "pauses"] as const) {
    const { pass, manager, end, ...maps } = startSeen({ crashAt: [7_100] });
    await pass(6_000);
    const key = map === "pauses" ? "icinga2" : "paused";
    maps[map].set(key, { since: "2026-01-01T00:00:00.000Z", by: "command" });
    await pass(30_000);
    assertEquals(manager.calls.every((call) => call === "query icinga2"), true, map);
    await end();
  }
});

Deno.test("a change of state during a tick is looked at after it; no two overlap", async () => {
  let open = 0;
  let most = 0;
  const { clock, states, manager, end } = start({}, (manager) =>
    changed(manager, {
      query: async (...args) => {
        most = Math.max(most, ++open);
        const state = await manager.query(...args);
        await clock.sleep(1_000);
        open--;
        return state;
      },
    }));
  const queries = () => manager.calls.length;
  states.set("icinga2", 4);
  await clock.advance(500);
  for (const state of [1, 2, 4, 1]) states.set("icinga2", state);
  await clock.advance(2_000);
  assertEquals([queries(), most], [2, 1]);
  await end();
});

Deno.test("a pause that begins during a tick restarts nothing", async () => {
  for (const call of ["query", "isDisabled"] as const) {
    for (const map of ["maintenance", "pauses"] as const) {
      const { clock, manager, end, ...maps } = start(
        { crashAt: [4_000] },
        (manager) =>
          changed(manager, {
            [call]: async (service: string, signal: AbortSignal) => {
              const key = map === "pauses" ? "icinga2" : "paused";
              if (clock.now() > 0) maps[map].set(key, { since: "2026-01-01T00:00:00.000Z" });
              return await manager[call](service, signal);
            },
          }),
      );
      await clock.advance(60_000);
      const changes = manager.calls.filter((call) => call !== "query icinga2");
      assertEquals(changes, [], `${call} ${map}`);
      await end();
    }
  }
});

const lost: [how: string, change: (run: ReturnType<typeof start>) => void, text: RegExp][] = [
  ["disabled", ({ startTypes }) => startTypes.set("icinga2", "disabled"), /is disabled and is not/],
  ["removed", ({ manager }) => manager.repair({ absent: true }), /is not installed any more/],
];

for (const [how, change, text] of lost) {
  Deno.test(`a service that flaps, or cannot be started, and is ${how}: that alone is said`, async () => {
    for (const scenario of [{ crashEvery: 2_000 }, { accessDenied: true }] satisfies Scenario[]) {
      const run = start({ state: "STOPPED", ...scenario });
      const { clock, records, stats, shared, manager, end } = run;
      await clock.advance(450_000);
      assertEquals(stats.get("icinga2")!.flapping, "crashEvery" in scenario);
      assertEquals(Number(shared.get("restart_error")) > 3, "accessDenied" in scenario);
      change(run);
      const before = records.length;
      await clock.advance(5_000);
      const news = said(records.slice(before));
      assertEquals(news.length, 1, `${news}`);
      assertMatch(news[0]!, new RegExp(`^warning Service 'icinga2' ${text.source}`));
      const { flapping, restartsLastHour } = stats.get("icinga2")!;
      assertEquals([flapping, restartsLastHour, shared.get("restart_error")], [false, 0, 0]);
      // What is there after that is started at once.
      manager.repair();
      run.startTypes.set("icinga2", "auto");
      await clock.advance(5_000);
      assertEquals(shared.get("value"), "RUNNING", how);
      await end();
    }
  });
}

Deno.test("a service that is enabled again is started at the next query", async () => {
  const { clock, startTypes, shared, manager, end } = start({ state: "STOPPED" });
  startTypes.set("icinga2", "disabled");
  await clock.advance(1_000);
  startTypes.set("icinga2", "demand");
  await clock.advance(4_000);
  assertEquals(shared.get("value"), "RUNNING");
  // Windows has refused the start, before its start type was known.
  const refused = start(
    { state: "STOPPED", disabled: true },
    (manager) => changed(manager, { isDisabled: () => Promise.resolve(undefined) }),
  );
  await refused.clock.advance(1_000);
  assertEquals(refused.stats.get("icinga2")!.disabled, "warn");
  refused.manager.repair();
  refused.startTypes.set("icinga2", "demand");
  await refused.clock.advance(4_000);
  assertEquals(refused.shared.get("value"), "RUNNING");
  await refused.end();
  // That a start type is known as soon as it does not run is no change of it.
  startTypes.delete("icinga2");
  manager.repair({ crashAt: [7_000] });
  await clock.advance(2_500);
  startTypes.set("icinga2", "demand");
  await clock.advance(2_500);
  assertEquals(shared.get("value"), "STOPPED");
  await end();
});

Deno.test("a service that could not be enabled, and that a person enables, is started at the next query", async () => {
  const { clock, startTypes, shared, manager, end } = start(
    { state: "STOPPED", disabled: true, accessDenied: true },
    undefined,
    { whenDisabled: "enable" },
  );
  startTypes.set("icinga2", "disabled");
  await clock.advance(6_000);
  assertEquals(manager.calls.filter((call) => call.startsWith("enable")).length, 1);
  manager.repair();
  startTypes.set("icinga2", "auto");
  await clock.advance(4_000);
  assertEquals(shared.get("value"), "RUNNING");
  await end();
});

Deno.test("a service that is enabled again and refuses to start is tried at successive queries", async () => {
  const { clock, startTypes, shared, end } = start({ state: "STOPPED", refuseStarts: 2 });
  startTypes.set("icinga2", "disabled");
  await clock.advance(1_000);
  startTypes.set("icinga2", "demand");
  await clock.advance(14_000);
  assertEquals(shared.get("value"), "RUNNING");
  await end();
});

for (const who of ["the agent", "sc"]) {
  Deno.test(`a service that is enabled again while its start is held back is not called disabled: ${who} says so`, async () => {
    const scenario: Scenario = { state: "STOPPED", disabled: true };
    const { clock, manager, startTypes, aside, stats, end } = start(scenario);
    const tell = (startType: string) => who === "sc" || startTypes.set("icinga2", startType);
    tell("disabled");
    await clock.advance(1_000);
    assertEquals(stats.get("icinga2")!.disabled, "warn");
    aside.set("installing", "wait for it");
    manager.repair();
    tell("auto");
    await clock.advance(4_000);
    const { disabled, held } = stats.get("icinga2")!;
    assertEquals([disabled, held], [undefined, "wait for it"]);
    await end();
  });
}

Deno.test("a service that could be started is not called disabled, though its start type cannot be read", async () => {
  const { clock, manager, stats, end } = start(
    { state: "STOPPED", disabled: true },
    (manager) => changed(manager, { isDisabled: () => Promise.resolve(undefined) }),
  );
  await clock.advance(1_000);
  assertEquals(stats.get("icinga2")!.disabled, "warn");
  manager.repair();
  await clock.advance(299_500);
  const { disabled, restarts } = stats.get("icinga2")!;
  assertEquals([disabled, restarts], [undefined, 1]);
  await end();
});

Deno.test("a service that is refused a start for another reason is not called disabled", async () => {
  const { clock, manager, stats, end } = start(
    { state: "STOPPED", disabled: true },
    (manager) => changed(manager, { isDisabled: () => Promise.resolve(undefined) }),
  );
  await clock.advance(1_000);
  assertEquals(stats.get("icinga2")!.disabled, "warn");
  manager.repair({ accessDenied: true });
  await clock.advance(300_000);
  const { disabled, restartFailures } = stats.get("icinga2")!;
  assertEquals([disabled, restartFailures], [undefined, 1]);
  await end();
});

Deno.test("what held a stop back is not what is said of the start that follows", async () => {
  const { clock, stats, aside, manager, end } = start({ state: "STOPPED" });
  aside.set("installing", "wait for it");
  await clock.advance(1_000);
  assertEquals(stats.get("icinga2")!.held, "wait for it");
  manager.repair({ startTakes: 60_000 });
  manager.set("START_PENDING");
  await clock.advance(5_000);
  assertEquals(stats.get("icinga2")!.held, undefined);
  await end();
});

Deno.test("the process of a stuck service is not ended during an installation", async () => {
  const scenario: Scenario = { state: "STOP_PENDING", hangOnStop: true };
  const { clock, aside, ended, records, end } = start(scenario, undefined, { endStuck: true });
  aside.set("installing", "wait for it");
  await clock.advance(PENDING_LIMIT);
  assertEquals([ended, /its process is ended/.test(records.at(-1)!)], [[], false]);
  aside.delete("installing");
  await clock.advance(PENDING_LIMIT);
  assertEquals(ended, ["icinga2"]);
  await end();
});

Deno.test("a start that is late is no error while the service makes progress", async () => {
  const cases: [scenario: Scenario, pendingLimit: string, value: ServiceState, errors: number][] = [
    [{ startTakes: 90_000 }, "60s", "START_PENDING", 0],
    // It hangs: it makes no progress.
    [{ startTakes: 90_000, hangOnStop: true }, "60s", "STOPPED", 1],
    [{ refuseStarts: 99 }, "3m", "STOPPED", 1],
  ];
  for (const [scenario, pendingLimit, value, errors] of cases) {
    const killNet = (manager: ServiceManager) =>
      changed(manager, {
        restart: async (service: string) => {
          await manager.start(service).catch(() => {});
          await clock.sleep(60_000);
          throw new ServiceError("timeout", "start", service, "'net.exe' was killed");
        },
      });
    const given = { pendingLimit };
    const { clock, shared, records, end } = start(
      { state: "STOPPED", ...scenario },
      killNet,
      given,
    );
    await clock.advance(60_000);
    assertEquals([shared.get("value"), shared.get("restart_error")], [value, errors]);
    assertEquals(records.filter((record) => record.startsWith("error")).length, errors);
    if (errors === 0) await clock.advance(35_000);
    if (errors === 0) assertEquals(shared.get("value"), "RUNNING");
    await end();
  }
});

Deno.test("a late start that came to run is a restart, and one that ended STOPPED is a failure", async () => {
  const late = (manager: ServiceManager) =>
    changed(manager, {
      restart: async (service: string) => {
        await manager.start(service).catch(() => {});
        throw new ServiceError("timeout", "start", service, "'net.exe' was killed");
      },
    });
  // It crashes as soon as it was seen to run, or before.
  for (const [crashEvery, isSeen] of [[8_000, true], [1_000, false]] as const) {
    const scenario: Scenario = { state: "STOPPED", startTakes: 21_000, crashEvery };
    const { clock, stats, shared, end } = start(scenario, late, { maxRestarts: 3 });
    await clock.advance(8 * 60_000);
    const { restarts, restartFailures, flapping } = stats.get("icinga2")!;
    assertEquals([restarts > 2, restartFailures > 2, flapping], [isSeen, !isSeen, isSeen]);
    assertEquals(Number(shared.get("restart_error")) > 2, !isSeen);
    await end();
  }
});

Deno.test("a start may take as long as pendingLimit says, whatever one change may take", async () => {
  // One that hangs in its stop makes no progress either.
  const scenario: Scenario = { state: "STOPPED", startTakes: 90_000, hangOnStop: true };
  for (const [pendingLimit, errors] of [["60s", 1], ["3m", 0]] as const) {
    const { clock, records, shared, stats, end } = start(scenario, undefined, { pendingLimit });
    await clock.advance(75_000);
    assertEquals(shared.get("value"), "START_PENDING");
    assertEquals(shared.get("restart_error"), errors);
    await clock.advance(20_000);
    assertEquals([shared.get("value"), shared.get("restart_error")], ["RUNNING", 0]);
    assertEquals(records.filter((record) => record.startsWith("error")).length, errors);
    assertEquals(stats.get("icinga2")!.restartFailures, errors);
    await end();
  }
});
