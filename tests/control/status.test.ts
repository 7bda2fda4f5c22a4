import { assertEquals } from "@std/assert";
import * as v from "valibot";
import { toJsonSchema } from "@valibot/to-json-schema";
import { findProblems, parseRange, serviceState, THRESHOLDS } from "../../lib/control/health.ts";
import { readStatus } from "../../lib/control/status.ts";
import { StatusSchema } from "../../lib/control/status_schema.ts";
import { noStats, type ServiceStats } from "../../lib/service/stats.ts";
import { addWatcher, agentMaps, MOMENT, STARTED, stateOf, thread } from "./state.ts";

type Maps = ReturnType<typeof agentMaps>;

const DAEMON = "icinga_agent_service";

function statusWith(change: (maps: Maps) => void) {
  const maps = agentMaps();
  change(maps);
  return readStatus(stateOf(maps), MOMENT);
}

/** Health, and each problem with its level. */
function verdict(change: (maps: Maps) => void): string[] {
  const { health, problems } = statusWith(change);
  return [health, ...problems.map(({ level, text }) => `${level}: ${text}`)];
}

Deno.test("the status says what the public state holds, in the form of its schema", () => {
  const status = statusWith(() => {});
  assertEquals(v.parse(StatusSchema, status), status);
  assertEquals(status.agent.uptime, 3600);
  assertEquals(status.services, [{
    ...{ daemon: DAEMON, name: "icinga2", value: "RUNNING", restart_error: 0 },
    path: `Daemons.${DAEMON}.ServiceState`,
    ...{ restarts: 2, restartFailures: 3, recoveries: 0, queries: 10, queryErrors: 1 },
    ...{
      queryTime: 0.05,
      restartsLastHour: null,
      stable: null,
      flapping: false,
      ...{ mode: null, wouldRestarts: 0, wouldRestart: null },
      disabled: null,
      held: null,
      paused: null,
    },
    ...{ lastRestart: STARTED, queryError: null, lastSeen: null, watched: true, probes: [] },
    ...{ diagnosis: null, lastSeenAge: null },
  }]);
  const [{ state, uptime, heap, threads } = {}] = status.daemons;
  assertEquals([state, uptime, heap], ["running", 3600, 4_000_000]);
  assertEquals(threads, [{
    ...{ name: `${DAEMON}::run::Main::0`, task: "run", pool: "MainPool", state: "running" },
    ...{ since: STARTED, stateFor: 3600, uptime: 3600, restarts: 0, failures: 0 },
    ...{ lastError: null, heap: 4_000_000, lag: 2 },
  }]);
});

Deno.test("a daemon that keeps several services running has a status for each", () => {
  const { services } = statusWith((maps) => {
    addWatcher(maps, "service_watch");
    maps["Daemons.service_watch.ServiceState"] = {
      w32time: { value: "RUNNING", restart_error: 0 },
      spooler: { restart_error: 2 },
    };
    addWatcher(maps, "disk_watch");
    maps["Daemons.disk_watch.ServiceState"] = { value: "RUNNING", restart_error: 0 };
  });
  assertEquals(services.map(({ name, value, restart_error }) => [name, value, restart_error]), [
    [null, "RUNNING", 0], // by the daemon's name
    ["icinga2", "RUNNING", 0],
    ["w32time", "RUNNING", 0],
    ["spooler", null, 2],
  ]);
});

Deno.test("an agent that has said little yet has a status too", () => {
  const maps = agentMaps();
  const status = readStatus(stateOf({ "Agent.Info": maps["Agent.Info"]! }), MOMENT);
  assertEquals(v.parse(StatusSchema, status), status);
  assertEquals([status.services, status.daemons], [[], []]);
});

Deno.test("what a probe finds for long enough is a problem; values of another form are ignored", () => {
  const maps = agentMaps();
  maps[`Daemons.${DAEMON}.ServiceProbes`] = {
    disk: { is: "warning", text: "full", advice: "free some", failed: true, since: STARTED },
    parent_connection: { is: "critical", text: "not connected", failed: true },
    certificate: { is: "warning", text: "3 d", failed: false },
    cpu: { is: "unknown", text: "no process" },
    ...{ memory: { is: "fine", text: "x" }, port: "x", "a|b": { is: "ok", text: "x" } },
  };
  const status = readStatus(stateOf(maps), MOMENT);
  assertEquals(v.parse(StatusSchema, status), status);
  assertEquals(status.problems.map(({ level, text }) => `${level}: ${text}`), [
    "critical: icinga2 parent_connection: not connected",
    "warning: icinga2 disk: full",
  ]);
  const [disk, , , cpu] = status.services[0]!.probes;
  assertEquals(cpu!.failed, false);
  assertEquals(status.services[0]!.probes.length, 4);
  assertEquals(disk, {
    ...{ name: "disk", is: "warning", text: "full", advice: "free some", failed: true },
    since: STARTED,
  });
  maps[`Daemons.${DAEMON}.ServiceState`]!.value = "STOPPED";
  assertEquals(readStatus(stateOf(maps), MOMENT).problems.length, 1);
});

Deno.test("each of several services has its own probes, and of very many only some are shown", () => {
  const { services } = statusWith((maps) => {
    addWatcher(maps, "watch");
    const entry = { value: "RUNNING", restart_error: 0 };
    maps["Daemons.watch.ServiceState"] = { spooler: entry, w32time: entry };
    const names = ["a", ...Array.from({ length: 24 }, (_, i) => "b".repeat(i + 1))];
    maps["Daemons.watch.ServiceProbes"] = {
      ...Object.fromEntries(names.map((name) => [`spooler/${name}`, { is: "ok", text: name }])),
      "w32time/cpu": { is: "ok", text: "2 %" },
    };
  });
  assertEquals(services.map(({ probes }) => probes.length), [0, 20, 1]);
  assertEquals(services.map(({ probes }) => probes[0]?.name), [undefined, "a", "cpu"]);
});

Deno.test("why a service has stopped is told with it; a diagnosis of another form is none", () => {
  const diagnosis = {
    ...{ what: "its configuration is invalid", since: STARTED, advice: "mend it", hold: true },
    evidence: ["x.conf:1: syntax error", "log: more"],
  };
  const statusOf = (diagnosis: unknown, value = "STOPPED") =>
    statusWith((maps) => {
      maps[`Daemons.${DAEMON}.ServiceState`] = { value, restart_error: 0, diagnosis };
    });
  const status = statusOf(diagnosis);
  assertEquals(v.parse(StatusSchema, status), status);
  assertEquals(status.services.map(({ name, diagnosis }) => ({ name, diagnosis })), [
    { name: "icinga2", diagnosis },
  ]);
  assertEquals(status.problems.map(({ text }) => text), [
    "icinga2 is STOPPED: its configuration is invalid (x.conf:1: syntax error)",
  ]);
  assertEquals(statusOf(diagnosis, "RUNNING").problems, []);
  const many = statusOf({ ...diagnosis, evidence: Array(11).fill("x"), hold: "yes" });
  const { evidence, hold } = many.services[0]!.diagnosis!;
  assertEquals([evidence.length, hold], [10, false]);
  const wrongs = [
    ...[{ evidence: [1] }, { evidence: "x" }, { since: "then" }, { what: 1 }, { advice: null }]
      .map((wrong) => ({ ...diagnosis, ...wrong })),
    ...["x", []],
  ];
  for (const wrong of wrongs) {
    const { services, problems } = statusOf(wrong);
    assertEquals([services.length, services[0]!.diagnosis], [1, null]);
    assertEquals(problems.map(({ text }) => text), ["icinga2 is STOPPED"]);
  }
});

Deno.test("what a daemon says of what it looks at is a problem of its own, until it expires", () => {
  const told = {
    level: "warning" as const,
    text: "C: is full",
    at: STARTED,
    numbers: { free: { value: 3 } },
  };
  const statusOf = (now: unknown, info: Record<string, unknown> = {}) =>
    statusWith((maps) => {
      maps["Agent.Daemons"]!.disk = { module: "daemons/disk.js", enabled: true, ...info };
      maps["Agent.Threads"]!["disk::run::Main::0"] = thread("disk");
      maps["Daemons.disk.Verdict"] = { now };
    });
  const of = ({ daemons }: ReturnType<typeof statusOf>) =>
    daemons.find(({ name }) => name === "disk")!.verdict;
  const status = statusOf(told);
  assertEquals(v.parse(StatusSchema, status), status);
  assertEquals([of(status), status.health], [told, "warning"]);
  assertEquals(status.problems, [
    { level: "warning", text: "disk: C: is full", daemon: "disk", service: null },
  ]);
  assertEquals(statusOf({ ...told, level: "ok" }).problems, []);
  const hold = new Date(MOMENT.now).toISOString();
  assertEquals(of(statusOf({ ...told, until: hold })), told);
  const expired = statusOf({ ...told, until: STARTED });
  assertEquals(expired.problems, [
    {
      level: "unknown",
      text: `disk: no verdict since ${STARTED}: C: is full`,
      ...{ daemon: "disk", service: null },
    },
  ]);
  assertEquals(of(expired)!.numbers, {});
  for (const none of [undefined, "x", { ...told, level: "bad" }]) {
    assertEquals(of(statusOf(none)), null);
  }
  assertEquals(of(statusOf(told, { enabled: false })), null);
});

Deno.test("the schema in docs is that of the status", async () => {
  const file = new URL("../../docs/status.schema.json", import.meta.url);
  assertEquals(JSON.parse(await Deno.readTextFile(file)), toJsonSchema(StatusSchema));
});

Deno.test("a service that was not queried yet is not said to be absent", () => {
  const told = verdict((maps) => {
    maps[`Daemons.${DAEMON}.ServiceState`] = { restart_error: 0 };
    maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: noStats() };
  });
  assertEquals(told, ["unknown", "unknown: icinga2 has not been queried yet"]);
});

Deno.test("a service's state and its restart_error are what counts most", () => {
  const service = (entries: Record<string, unknown>) => (maps: Maps) => {
    maps[`Daemons.${DAEMON}.ServiceState`] = entries;
  };
  const cases: [entries: Record<string, unknown>, expected: string[]][] = [
    [{ value: "RUNNING", restart_error: 0 }, ["ok"]],
    [{ value: "STOPPED", restart_error: 0 }, ["critical", "critical: icinga2 is STOPPED"]],
    [{ value: "PAUSED", restart_error: 0 }, ["critical", "critical: icinga2 is PAUSED"]],
    [{ value: "START_PENDING", restart_error: 0 }, [
      "warning",
      "warning: icinga2 is START_PENDING",
    ]],
    [{ restart_error: 0 }, ["unknown", "unknown: icinga2 was not found installed"]],
    [{ value: "RUNNING", restart_error: 1 }, [
      "warning",
      "warning: icinga2: 1 restart failed in a row",
    ]],
    [
      { value: "STOP_PENDING", restart_error: 3 },
      [
        ...["critical", "critical: icinga2: 3 restarts failed in a row"],
        "warning: icinga2 is STOP_PENDING",
      ],
    ],
  ];
  for (const [entries, expected] of cases) assertEquals(verdict(service(entries)), expected);
});

Deno.test("where queries fail the state last seen counts no longer, and it is said why", () => {
  const failing = (entries: Record<string, unknown>) => (maps: Maps) => {
    const stats = maps[`Daemons.${DAEMON}.ServiceStats`]!;
    stats.icinga2 = { ...stats.icinga2 as object, queryError: "no answer within 1 s" };
    maps[`Daemons.${DAEMON}.ServiceState`] = entries;
  };
  const why = "unknown: icinga2 cannot be queried: no answer within 1 s";
  assertEquals(verdict(failing({ restart_error: 0 })), ["unknown", why]);
  assertEquals(verdict(failing({ value: "RUNNING", restart_error: 0 })), ["unknown", why]);
  assertEquals(verdict(failing({ value: "RUNNING", restart_error: 1 })), [
    ...["unknown", why, "warning: icinga2: 1 restart failed in a row"],
  ]);
});

Deno.test("a service that is known to be down counts more than one that cannot be queried", () => {
  const both = (maps: Maps) => {
    addWatcher(maps, "other");
    maps["Daemons.other.ServiceState"] = {
      lost: { value: "RUNNING", restart_error: 0 },
      slow: { value: "START_PENDING", restart_error: 0 },
    };
    maps["Daemons.other.ServiceStats"] = { lost: { ...noStats(), queryError: "timed out" } };
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "STOPPED", restart_error: 0 };
  };
  assertEquals(verdict(both), [
    "critical",
    "critical: icinga2 is STOPPED",
    "unknown: lost cannot be queried: timed out",
    "warning: slow is START_PENDING",
  ]);
});

Deno.test("a service whose daemon does not run is UNKNOWN at least, with the age of what was seen", () => {
  const main = "icinga_agent_service::run::Main::0";
  const lastSeen = new Date(MOMENT.now - 240_000).toISOString();
  const unwatched = (change: (maps: Maps) => void, value = "RUNNING") =>
    verdict((maps) => {
      maps[`Daemons.${DAEMON}.ServiceState`] = { value, restart_error: 0 };
      maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: { ...noStats(), lastSeen } };
      change(maps);
    });
  const age = "it was RUNNING when last seen 4 min ago";
  const disable = (maps: Maps) => {
    maps["Agent.Daemons"]![DAEMON] = { module: null, enabled: false, services: true };
    delete maps["Agent.Threads"]![main];
  };
  assertEquals(unwatched(disable), ["unknown", `unknown: icinga2 is not watched: ${age}`]);
  assertEquals(unwatched(disable, "STOPPED")[0], "critical");
  assertEquals(
    unwatched((maps) => {
      disable(maps);
      maps[`Daemons.${DAEMON}.ServiceState`]!.restart_error = 1;
      const loop = { restartsLastHour: 20, flapping: true, wouldRestart: "it is so" };
      maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: { ...noStats(), lastSeen, ...loop } };
      const probe = { is: "critical", text: "full", failed: true };
      maps[`Daemons.${DAEMON}.ServiceProbes`] = { disk: probe };
    }),
    [
      ...["unknown", `unknown: icinga2 is not watched: ${age}`],
      "warning: icinga2: 1 restart failed in a row",
    ],
    "only what does not grow old",
  );
  assertEquals(unwatched(disable, "STOP_PENDING")[0], "unknown");
  assertEquals(
    unwatched((maps) => maps["Agent.Threads"]![main] = thread(DAEMON, { state: "waiting" })),
    [
      "critical",
      `critical: daemon ${DAEMON} has waited 1 h for a place in MainPool`,
      `unknown: icinga2 is not watched: ${age}`,
    ],
  );
  const failed = unwatched((maps) =>
    maps["Agent.Threads"]![main] = thread(DAEMON, { state: "failed" })
  );
  assertEquals(failed.slice(1), [
    `critical: daemon ${DAEMON} has failed`,
    `unknown: icinga2 is not watched: ${age}`,
  ]);
  const since = new Date(MOMENT.now - 9_000).toISOString();
  for (const state of ["waiting", "starting"] as const) {
    const start = (maps: Maps) => maps["Agent.Threads"]![main] = thread(DAEMON, { state, since });
    assertEquals(unwatched(start), ["ok"], state);
  }
});

Deno.test("a child that waits for a place does not speak for its daemon's main thread", () => {
  assertEquals(
    verdict((maps) => {
      const child = thread(DAEMON, { task: "drive", state: "waiting" });
      maps["Agent.Threads"]!["icinga_agent_service::drive::C::0"] = child;
    }),
    ["ok"],
  );
});

Deno.test("without a daemon that watches a service nothing is OK", () => {
  const none = ["unknown", "unknown: no daemon watches a service"];
  const unregister = (maps: Maps) => {
    maps["Agent.Daemons"] = {};
    maps["Agent.Threads"] = {};
  };
  assertEquals(verdict(unregister), none);
  assertEquals(
    verdict((maps) => {
      unregister(maps);
      maps["Agent.Daemons"]!.heartbeat = { module: null, enabled: true };
      maps["Agent.Threads"]!["heartbeat::run::Main::0"] = thread("heartbeat");
    }),
    none,
  );
  assertEquals(
    verdict((maps) => {
      unregister(maps);
      maps["Agent.Maintenance"] = { paused: { since: STARTED, by: "command", until: STARTED } };
    }),
    ["ok"],
  );
  const startedAgo = (ms: number) => (maps: Maps) => {
    delete maps[`Daemons.${DAEMON}.ServiceState`];
    const since = new Date(MOMENT.now - ms).toISOString();
    maps["Agent.Threads"]!["icinga_agent_service::run::Main::0"] = thread(DAEMON, { since });
  };
  assertEquals(verdict(startedAgo(9_000)), ["ok"], "it has just been started");
  assertEquals(verdict(startedAgo(10_000)), none, "it runs, and has shared no service");
});

Deno.test("a daemon that is disabled from the start of the agent leaves nothing OK", () => {
  const disabled = { module: null, enabled: false };
  assertEquals(
    verdict((maps) => maps["Agent.Daemons"]!.service_watch = { ...disabled, services: true }),
    [
      "unknown",
      "unknown: daemon service_watch is disabled and watches nothing; enable it, or unregister it",
    ],
  );
  assertEquals(verdict((maps) => maps["Agent.Daemons"]!.heartbeat = disabled), ["ok"]);
});

Deno.test("a state that was seen long ago is not said to be the present one", () => {
  const running = {
    value: "RUNNING",
    queries: 1,
    queryError: null,
    watched: true,
    disabled: null,
    paused: null,
  };
  const pause = { since: STARTED, until: null, by: "command" } as const;
  const cases: [service: Parameters<typeof serviceState>[0], paused: boolean, text: string][] = [
    [running, false, "RUNNING"],
    [running, true, "RUNNING before the pause"],
    [{ ...running, queryError: "no" }, false, "RUNNING when last seen"],
    [{ ...running, queryError: "no" }, true, "RUNNING when last seen"],
    [{ ...running, value: null, queryError: "no" }, false, "unknown"],
    [{ ...running, watched: false }, false, "RUNNING when last seen"],
    [{ ...running, value: null, watched: false }, false, "unknown"],
    [{ ...running, value: null }, true, "not installed"],
    [{ ...running, value: null, queries: 0 }, true, "not queried yet"],
    [{ ...running, value: null, queries: null }, false, "not queried yet"],
    [{ ...running, paused: pause, disabled: "warn" }, false, "RUNNING, disabled, paused"],
    [{ ...running, paused: pause, value: null }, false, "not installed, paused"],
    [{ ...running, paused: pause, queryError: "no" }, false, "RUNNING when last seen, paused"],
    [{ ...running, paused: pause, value: null, watched: false }, false, "unknown, paused"],
    [{ ...running, paused: pause }, true, "RUNNING before the pause"],
  ];
  for (const [service, paused, text] of cases) {
    assertEquals(serviceState(service, { maintenance: paused ? pause : null }), text);
  }
});

Deno.test("what the agent itself cannot do is a warning, and what is worse comes first", () => {
  const troubled = (maps: Maps) => {
    maps["Agent.Troubles"] = { log: { since: STARTED, text: "Cannot write a.log" } };
  };
  const line = `warning: Cannot write a.log (since ${STARTED})`;
  assertEquals(verdict(troubled), ["warning", line]);
  const both = (maps: Maps) => {
    troubled(maps);
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "STOPPED", restart_error: 0 };
  };
  assertEquals(verdict(both), ["critical", "critical: icinga2 is STOPPED", line]);
});

Deno.test("thresholds of restart_error are the caller's", () => {
  const status = statusWith((maps) => {
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "RUNNING", restart_error: 5 };
  });
  const levels = (warning: string, critical: string) =>
    findProblems(status, {
      ...THRESHOLDS,
      errors: { warning: parseRange(warning)!, critical: parseRange(critical)! },
    }).map(({ level }) => level);
  assertEquals(levels("5", "10"), []);
  assertEquals(levels("4", "10"), ["warning"]);
  assertEquals(levels("4", "@5:6"), ["critical"]);
});

Deno.test("a service that is disabled is a warning, or nothing where that is to be ignored", () => {
  const stopped = (disabled: "warn" | "ignore") => (maps: Maps) => {
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "STOPPED", restart_error: 0 };
    maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: { ...noStats(), disabled } };
  };
  assertEquals(verdict(stopped("warn")), [
    ...["warning", "warning: icinga2 is STOPPED, and its start type is disabled"],
  ]);
  assertEquals(verdict(stopped("ignore")), ["ok"]);
});

Deno.test("a service that is paused is no problem, but a pause without an end is a warning", () => {
  const paused = (until: object) => (maps: Maps) => {
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "STOPPED", restart_error: 4 };
    maps["Agent.ServicePauses"] = { icinga2: { since: STARTED, by: "command", ...until } };
  };
  assertEquals(verdict(paused({ until: "2026-01-01T02:00:00.000Z", left: 1 })), ["ok"]);
  assertEquals(verdict(paused({})), [
    ...["warning", `warning: icinga2 is paused since ${STARTED}, and without an end`],
  ]);
  const { services: [service] } = statusWith(paused({}));
  assertEquals(serviceState(service!, { maintenance: null }), "STOPPED, paused");
});

Deno.test("a pause is that of its service, whatever the case of its name", () => {
  const { services } = statusWith((maps) => {
    const stats = maps[`Daemons.${DAEMON}.ServiceStats`]!;
    maps[`Daemons.${DAEMON}.ServiceStats`] = { Icinga2: stats.icinga2 };
    maps["Agent.ServicePauses"] = { icinga2: { since: STARTED, by: "command" } };
  });
  assertEquals([services[0]!.name, services[0]!.paused?.since], ["Icinga2", STARTED]);
});

Deno.test("what would have been restarted is a warning beside what is wrong with it", () => {
  const observed = (value: string) => (maps: Maps) => {
    maps[`Daemons.${DAEMON}.ServiceState`] = { value, restart_error: 0 };
    const stats = { ...noStats(), mode: "observe", wouldRestarts: 2, wouldRestart: "it is so" };
    maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: stats };
  };
  const would = "warning: would have restarted icinga2: it is so";
  assertEquals(verdict(observed("RUNNING")), ["warning", would]);
  assertEquals(verdict(observed("STOPPED")), [
    ...["critical", "critical: icinga2 is STOPPED", would],
  ]);
});

Deno.test("what keeps it from being restarted is said once", () => {
  const held = (hold?: boolean) => (maps: Maps) => {
    const diagnosis = { what: "it is so", since: STARTED, evidence: [], advice: "mend it", hold };
    const known = hold === undefined ? {} : { diagnosis };
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "STOPPED", restart_error: 0, ...known };
    maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: { ...noStats(), held: "that holds" } };
  };
  const text = "critical: icinga2 is STOPPED";
  assertEquals(verdict(held())[1], `${text}; it is not restarted: that holds`);
  assertEquals(verdict(held(false))[1], `${text}: it is so; it is not restarted: that holds`);
  assertEquals(verdict(held(true))[1], `${text}: it is so`);
});

Deno.test("restarts within the last hour are a warning from 4 on, critical from 11 on; flapping is critical", () => {
  const loop = (stats: Partial<ServiceStats>) => (maps: Maps) => {
    maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: { ...noStats(), ...stats } };
  };
  const text = (count: number) => `icinga2 had ${count} restarts in the last hour`;
  assertEquals(verdict(loop({ restartsLastHour: 3 })), ["ok"]);
  assertEquals(verdict(loop({ restartsLastHour: 4 })), ["warning", `warning: ${text(4)}`]);
  assertEquals(verdict(loop({ restartsLastHour: 11 })), ["critical", `critical: ${text(11)}`]);
  const flapping = "critical: icinga2 is flapping: 5 restarts in the last hour";
  const flaps = loop({ restartsLastHour: 5, flapping: true });
  assertEquals(verdict(flaps), ["critical", flapping]);
  const diagnosed = (value: string) =>
    verdict((maps) => {
      flaps(maps);
      const diagnosis = { what: "it crashed", since: STARTED, evidence: [], advice: "update" };
      maps[`Daemons.${DAEMON}.ServiceState`] = { value, restart_error: 0, diagnosis };
    }).slice(1);
  assertEquals(diagnosed("RUNNING"), [`${flapping}: it crashed`]);
  assertEquals(diagnosed("STOPPED"), ["critical: icinga2 is STOPPED: it crashed", flapping]);
});

Deno.test("a daemon that does not run is a problem, and one that is switched off is none", () => {
  const daemon = (change: object, more: object = {}) => (maps: Maps) => {
    maps["Agent.Daemons"]!.disk = { module: "disk.ts", enabled: true, ...more };
    maps["Agent.Threads"]!["disk::run::Main::0"] = thread("disk", change);
  };
  const lastError = { at: STARTED, message: "no drive" };
  assertEquals(verdict(daemon({})), ["ok"]);
  assertEquals(verdict(daemon({ state: "finished" })), ["ok"]);
  assertEquals(verdict(daemon({ state: "backing-off", lastError })), [
    ...["warning", "warning: daemon disk is backing-off: no drive"],
  ]);
  assertEquals(verdict(daemon({ state: "failed" })), [
    "critical",
    "critical: daemon disk has failed",
  ]);
  assertEquals(verdict(daemon({ state: "frozen" }))[0], "critical");
  assertEquals(verdict(daemon({ state: "failed" }, { problem: "no such file" })), [
    "critical",
    "critical: daemon disk cannot run: no such file",
  ]);
  for (const state of ["running", "finished", "scheduled"] as const) {
    assertEquals(verdict(daemon({ state }, { problem: "no such file" })), [
      "warning",
      "warning: daemon disk runs, but not as configured: no such file",
    ]);
  }
  const alarmed = verdict((maps) => {
    daemon({}, { problem: "no such file" })(maps);
    const now = { level: "critical", text: "C: is full", at: STARTED, numbers: {} };
    maps["Daemons.disk.Verdict"] = { now };
  });
  assertEquals(alarmed, [
    "critical",
    "critical: disk: C: is full",
    "warning: daemon disk runs, but not as configured: no such file",
  ]);
  assertEquals(verdict(daemon({ state: "failed" }, { enabled: false })), ["ok"]);
  assertEquals(
    verdict((maps) => {
      maps["Agent.Daemons"]!.disk = { module: null, enabled: true };
    }),
    ["warning", "warning: daemon disk is absent"],
  );
});

Deno.test("a job's runs are told; one that failed is a warning until the next is done", () => {
  const last = { at: STARTED, took: 1_500, outcome: "failed" as "failed" | "done" };
  const next = "2026-01-01T03:00:00Z";
  const lastError = { at: STARTED, message: "boom" };
  const maps = agentMaps();
  const read = () => {
    maps["Agent.Daemons"]!.tidy = { module: "tidy.js", enabled: true };
    maps["Agent.Threads"]!["tidy::run::Main::0"] = thread("tidy", {
      ...{ state: "scheduled", job: { next, last }, lastError },
    });
    const { daemons, problems } = readStatus(stateOf(maps), MOMENT);
    const { state, job } = daemons.find(({ name }) => name === "tidy")!;
    return { state, job, problems: problems.map(({ level, text }) => `${level}: ${text}`) };
  };
  const told = { next, last: { at: STARTED, took: 1.5, outcome: "failed" as const } };
  assertEquals(read(), {
    state: "scheduled",
    job: told,
    problems: [`warning: job tidy failed at ${STARTED}: boom`],
  });
  last.outcome = "done";
  assertEquals(read().problems, []);
});

Deno.test("of a daemon's threads the worst speaks for it", () => {
  const { daemons: [daemon] } = statusWith((maps) => {
    maps["Agent.Threads"]!["icinga_agent_service::child::A::0"] = thread(DAEMON, {
      ...{ state: "backing-off", restarts: 2, failures: 1, heap: 1_000_000 },
    });
  });
  assertEquals([daemon!.state, daemon!.restarts, daemon!.heap], ["backing-off", 2, 5_000_000]);
  assertEquals([daemon!.uptime, daemon!.threads[1]!.uptime], [3600, null]);
  const { daemons: [older] } = statusWith((maps) => {
    const started = new Date(MOMENT.now - 60_000).toISOString();
    maps["Agent.Threads"]!["icinga_agent_service::child::A::0"] = thread(DAEMON, { started });
  });
  assertEquals([older!.uptime, older!.threads[1]!.uptime], [3600, 60]);
  const order = [
    ...["failed", "frozen", "backing-off", "stopping", "stopped", "starting", "waiting"],
    ...["running", "finished"],
  ] as const;
  const error = (second: number) => ({ at: `2026-01-01T00:00:0${second}Z`, message: `${second}` });
  for (const [i, state] of order.entries()) {
    const { daemons } = statusWith((maps) => {
      maps["Agent.Threads"] = Object.fromEntries(
        order.slice(i).reverse().map((state, i) => [
          `${DAEMON}::run::Main::${i}`,
          thread(DAEMON, { state, lastError: error(i) }),
        ]),
      );
    });
    assertEquals(daemons[0]!.state, state);
    assertEquals(daemons[0]!.lastError, error(order.length - 1 - i), "the last one");
  }
});

Deno.test("while the agent is paused nothing else counts; a pause without an end is a warning", () => {
  const paused = (pause: object) => (maps: Maps) => {
    maps["Agent.Maintenance"] = { paused: { since: STARTED, by: "command", ...pause } };
    maps[`Daemons.${DAEMON}.ServiceState`] = { value: "STOPPED", restart_error: 9 };
  };
  assertEquals(verdict(paused({ until: STARTED })), ["ok"]);
  assertEquals(verdict(paused({})), [
    ...["warning", `warning: paused since ${STARTED}, and without an end`],
  ]);
});

Deno.test("who may not manage services does not count as a watcher, whatever maps it keeps", () => {
  const { services } = statusWith((maps) => {
    maps["Agent.Daemons"]!.disk = { module: "disk.ts", enabled: true };
    for (const daemon of ["disk", "unregistered"]) {
      maps[`Daemons.${daemon}.ServiceState`] = { value: "RUNNING", restart_error: 0 };
      maps[`Daemons.${daemon}.ServiceStats`] = { icinga2: noStats() };
    }
  });
  assertEquals(services.map(({ daemon }) => daemon), [DAEMON]);
});

Deno.test("a watcher's values that are not of the agreed form are ignored", () => {
  const evil = "0 | injected=5;1;2\nOK";
  const shared = (state: object, stats: unknown) => {
    const status = statusWith((maps) => {
      maps[`Daemons.${DAEMON}.ServiceState`] = { ...state };
      maps[`Daemons.${DAEMON}.ServiceStats`] = { icinga2: stats };
    });
    assertEquals(v.parse(StatusSchema, status), status);
    return status.services[0]!;
  };
  for (const value of [evil, "running", "constructor", "__proto__", 4, null, ["RUNNING"], {}]) {
    assertEquals(shared({ value, restart_error: 0 }, noStats()).value, null, String(value));
  }
  for (const restart_error of [evil, "1", -1, 1.5, NaN, Infinity, [1], 2 ** 60]) {
    assertEquals(shared({ value: "RUNNING", restart_error }, noStats()).restart_error, 0);
  }
  for (const count of [evil, "1", -1, 0.5, NaN, Infinity, null, [1]]) {
    for (const key of ["queries", "queryErrors", "restarts", "restartFailures"]) {
      assertEquals(
        shared({ restart_error: 0 }, { ...noStats(), [key]: count })[key as "queries"],
        null,
        key,
      );
    }
  }
  const histograms = [
    evil,
    { ...noStats().query, sum: evil },
    { ...noStats().query, count: "1" },
    { ...noStats().query, counts: [1] },
    { ...noStats().query, le: noStats().query.le.with(0, evil as unknown as number) },
    { ...noStats().query, counts: noStats().query.counts.with(0, -1) },
    { le: Array(1_000).fill(1), counts: Array(1_001).fill(1), sum: 1, count: 1 },
  ];
  for (const query of histograms) {
    const { queries, queryTime } = shared({ restart_error: 0 }, { ...noStats(), query });
    assertEquals([queries, queryTime], [null, null]);
  }
  for (const lastRestart of [evil, "yesterday", 7, "2026-99-99T00:00:00Z"]) {
    assertEquals(shared({ restart_error: 0 }, { ...noStats(), lastRestart }).lastRestart, null);
  }
  const { queryError } = shared({ restart_error: 0 }, {
    ...noStats(),
    queryError: "x".repeat(1e6),
  });
  assertEquals(queryError!.length, 4_000);
});

Deno.test("names that no service can have are left out, and of very many only some are shown", () => {
  const entry = { value: "RUNNING", restart_error: 0 };
  const named = (entries: [string, unknown][]) =>
    statusWith((maps) => {
      addWatcher(maps, "disk");
      maps["Daemons.disk.ServiceState"] = Object.fromEntries(entries);
    }).services.filter(({ daemon }) => daemon === "disk");
  const bad = ["a\nb", "x".repeat(300), "a/b"].map((name): [string, unknown] => [
    name,
    entry,
  ]);
  assertEquals(named([...bad, ["good", entry], ["__proto__", entry]]).map(({ name }) => name), [
    "good",
    "__proto__",
  ]);
  const many = Array.from({ length: 1_000 }, (_, i): [string, unknown] => [`s${i}`, entry]);
  assertEquals(named(many).length, 256);
});

Deno.test("what a thread reports of itself is a number, or is left out", () => {
  const { daemons: [daemon] } = statusWith((maps) => {
    const evil = {
      heap: "4 | x=1",
      lag: NaN,
      lastError: { at: STARTED, message: "x".repeat(1e6) },
    };
    Object.assign(maps["Agent.Threads"]!["icinga_agent_service::run::Main::0"]!, evil);
  });
  assertEquals([daemon!.heap, daemon!.threads[0]!.lag], [null, null]);
  assertEquals(daemon!.lastError!.message.length < 5_000, true);
});

Deno.test("a daemon may wait for a place, or begin, for 10 s", () => {
  const after = (seconds: number, state: "waiting" | "starting") =>
    verdict((maps) => {
      const since = new Date(MOMENT.now - seconds * 1_000).toISOString();
      maps["Agent.Threads"] = { [`${DAEMON}::run::Main::0`]: thread(DAEMON, { state, since }) };
    });
  assertEquals([after(9, "waiting"), after(9, "starting")], [["ok"], ["ok"]]);
  const isNotWatched = "unknown: icinga2 is not watched: it was RUNNING when last seen";
  assertEquals(after(10, "waiting"), ["unknown", isNotWatched]);
  assertEquals(after(10, "starting"), ["unknown", isNotWatched]);
  assertEquals(after(11, "waiting"), [
    "critical",
    `critical: daemon ${DAEMON} has waited 11 s for a place in MainPool`,
    isNotWatched,
  ]);
});
