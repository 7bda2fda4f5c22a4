import { assertEquals, assertMatch } from "@std/assert";
import daemon from "../../daemons/icinga_agent_service.ts";
import { type Action, decide, PENDING_LIMIT } from "../../daemons/shared/service_watch.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { readArguments } from "../../lib/daemon/arguments.ts";
import { createContext, createDaemonLog } from "../../lib/daemon/context.ts";
import type { DaemonDefinition } from "../../lib/daemon/author.ts";
import {
  type Scenario,
  ServiceError,
  type ServiceManager,
  type ServiceState,
  SimulatedServiceManager,
} from "../../lib/service/mod.ts";
import type { ServiceStats } from "../../lib/service/stats.ts";
import { MainState } from "../../lib/state/mod.ts";

Deno.test("what is done about each state", () => {
  const cases: [state: ServiceState | undefined, since: number, action: Action][] = [
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
    assertEquals(decide(state, since), action, `${state}`);
  }
});

/** Runs the daemon on a simulated service; `end` stops it and waits until it has returned. */
function start(scenario: Scenario, wrap = (manager: ServiceManager) => manager) {
  const clock = new ManualClock();
  const manager = new SimulatedServiceManager(clock, scenario);
  const state = new MainState({ thread: "main" });
  const records: string[] = [];
  const stop = new AbortController();
  const context = createContext({
    daemon: "icinga_agent_service",
    thread: "icinga_agent_service::run::Main::0",
    signal: stop.signal,
    arguments: readArguments(daemon.arguments!, {}).values,
    state,
    log: createDaemonLog("debug", (level, message) => void records.push(`${level} ${message}`)),
    services: wrap(manager),
    clock,
  });
  const done = (daemon as DaemonDefinition).run(context);
  return {
    clock,
    manager,
    records,
    shared: state.map<string, unknown>("Daemons.icinga_agent_service.ServiceState"),
    stats: state.map<string, ServiceStats>("Daemons.icinga_agent_service.ServiceStats"),
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
  for (let tick = 0; tick < 4; tick++) {
    await clock.advance(tick === 0 ? 0 : 5_000);
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
  await clock.advance(5_000);
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
    (manager) => ({
      query: (...args) => manager.query(...args),
      start: (...args) => manager.start(...args),
      stop: (...args) => manager.stop(...args),
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

Deno.test("slow queries never overlap, and failed ones do not end the loop", async () => {
  let open = 0;
  let most = 0;
  const { clock, records, queries, end } = start({ hangOnQuery: true }, (manager) => ({
    query: async (...args) => {
      most = Math.max(most, ++open);
      try {
        return await manager.query(...args);
      } finally {
        open--;
      }
    },
    start: (...args) => manager.start(...args),
    stop: (...args) => manager.stop(...args),
    restart: (...args) => manager.restart(...args),
  }));
  await clock.advance(60_000);
  assertEquals(most, 1);
  assertEquals(queries() >= 4, true);
  assertEquals(records.filter((record) => record.startsWith("error")).length, 1);
  await end();
});

Deno.test("queries that fail are counted as queries too, and it is shared why the last one did", async () => {
  let fails = true;
  const { clock, stats, end } = start({}, (manager) => ({
    query: (...args) => fails ? Promise.reject(new Error("no answer")) : manager.query(...args),
    start: (...args) => manager.start(...args),
    stop: (...args) => manager.stop(...args),
    restart: (...args) => manager.restart(...args),
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

Deno.test("an outage of queries is one error record, and the next one with the same words another", async () => {
  let fails = true;
  const { clock, records, end } = start({}, (manager) => ({
    query: (...args) => fails ? Promise.reject(new Error("no answer")) : manager.query(...args),
    start: (...args) => manager.start(...args),
    stop: (...args) => manager.stop(...args),
    restart: (...args) => manager.restart(...args),
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
    const { clock, shared, records, end } = start({ state: "STOPPED" }, (manager) => ({
      query: (...args) => manager.query(...args),
      start: (...args) => manager.start(...args),
      stop: (...args) => manager.stop(...args),
      restart: (...args) => manager.restart(...args),
      [broken]: interrupted,
    }));
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
