import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatMetrics } from "../../lib/control/prometheus.ts";
import { readStatus } from "../../lib/control/status.ts";
import { agentMaps, MOMENT, STARTED, stateOf, thread } from "./state.ts";

function metricsWith(change: (maps: ReturnType<typeof agentMaps>) => void): Promise<string> {
  const maps = agentMaps();
  change(maps);
  const state = stateOf(maps);
  return formatMetrics({ state, status: () => readStatus(state, MOMENT), changes: () => 7 });
}

Deno.test("a service's state is a set of series, of which one is 1", async () => {
  const text = await metricsWith(() => {});
  const states = [...text.matchAll(/^icinga_warden_service_state\{.*state="(\w+)"\} (\d)$/gm)];
  assertEquals(states.length, 8);
  assertEquals(states.filter(([, , value]) => value === "1").map(([, state]) => state), [
    "RUNNING",
  ]);
});

Deno.test("a service that cannot be queried is in the state UNKNOWN, and not in an old one", async () => {
  const text = await metricsWith((maps) => {
    const stats = maps["Daemons.icinga_agent_service.ServiceStats"]!;
    stats.icinga2 = { ...stats.icinga2 as object, queryError: "timed out" };
  });
  assertStringIncludes(text, 'state="UNKNOWN"} 1\n');
  assertStringIncludes(text, 'state="RUNNING"} 0\n');
});

Deno.test("a service whose daemon does not run is in the state UNKNOWN, and not in an old one", async () => {
  const text = await metricsWith((maps) => {
    const stats = maps["Daemons.icinga_agent_service.ServiceStats"]!;
    stats.icinga2 = { ...stats.icinga2 as object, stable: true };
    maps["Agent.Threads"] = {};
  });
  assertMatch(text, /^icinga_warden_service_stable\{.*\} 0$/m);
  assertStringIncludes(text, 'state="UNKNOWN"} 1\n');
  assertStringIncludes(text, 'state="RUNNING"} 0\n');
});

Deno.test("a daemon's verdict is a set of series, and each of its numbers one", async () => {
  const text = await metricsWith((maps) => {
    const numbers = { free: { value: 3e9, unit: "B" } };
    const now = { level: "warning", text: "x", at: STARTED, numbers };
    maps["Daemons.icinga_agent_service.Verdict"] = { now };
  });
  const daemon = 'daemon="icinga_agent_service"';
  assertStringIncludes(text, `icinga_warden_daemon_verdict{${daemon},level="warning"} 1\n`);
  assertStringIncludes(text, `icinga_warden_daemon_verdict{${daemon},level="ok"} 0\n`);
  assertStringIncludes(
    text,
    `icinga_warden_daemon_value{${daemon},name="free",unit="B"} 3000000000\n`,
  );
});

Deno.test("a map's metrics are shown as long as its daemon is enabled; one name has one type", async () => {
  const free = { type: "gauge", unit: "bytes", help: "Free space" } as const;
  const odd = { type: "counter", help: "Odd" } as const;
  const info = (enabled: boolean, metrics: object) => ({
    module: "x.js",
    enabled,
    metrics: { module: "disk", maps: { Drives: metrics } },
  });
  const text = await metricsWith((maps) => {
    maps["Agent.Daemons"]!.disk = info(true, { free, x: odd });
    maps["Agent.Daemons"]!.disk_b = info(true, { x_total: { ...free, unit: undefined } });
    maps["Agent.Daemons"]!.disk_off = info(false, { free });
    const values = { 'C:"\n\u202e': { free: 3, x: 1, x_total: 9 } };
    for (const name of ["disk", "disk_b", "disk_off"]) maps[`Daemons.${name}.Drives`] = values;
  });
  const name = "icinga_warden_daemon_disk_free_bytes";
  assertStringIncludes(text, `# HELP ${name} Free space\n# TYPE ${name} gauge\n`);
  assertEquals(text.match(/^icinga_warden_daemon_disk_(?:free|x).*$/gm), [
    `${name}{daemon="disk",key="C:\\" �"} 3`,
    `icinga_warden_daemon_disk_x_total{daemon="disk",key="C:\\" �"} 1`,
  ]);
});

Deno.test("each metric has the value that its name promises", async () => {
  const text = await metricsWith((maps) => {
    maps["Agent.Info"]!.last_end = "unclean";
    maps["Agent.Troubles"] = { state: { since: STARTED, text: "cannot" } };
    maps[`Daemons.icinga_agent_service.ServiceState`] = { value: "PAUSED", restart_error: 11 };
    maps["Daemons.icinga_agent_service.ServiceStats"]!.icinga2 = {
      queries: 12,
      queryErrors: 13,
      restarts: 14,
      restartFailures: 15,
      recoveries: 20,
      ...{
        restartsLastHour: 21,
        stable: true,
        flapping: true,
        disabled: "warn",
        wouldRestarts: 23,
      },
      query: { le: [0.01], counts: [1, 0], sum: 0.005, count: 1 },
      restart: { le: [1], counts: [2, 3], sum: 16, count: 5 },
    };
    maps["Daemons.icinga_agent_service.ServiceProbes"] = {
      disk: { is: "warning", text: "full", failed: true },
      cpu: { is: "warning", text: "busy", failed: false },
      memory: { is: "unknown", text: "no process", failed: false },
    };
    maps["Agent.ServicePauses"] = { icinga2: { since: "2026-01-01T00:00:00Z", by: "command" } };
    maps["Agent.Daemons"]!.off = { module: "off.js", enabled: false };
    maps["Agent.Daemons"]!.bad = { module: "bad.js", enabled: true, problem: "no such file" };
    maps["Agent.Threads"]!["icinga_agent_service::drive::C::0"] = thread("icinga_agent_service", {
      task: "drive",
      state: "frozen",
      restarts: 17,
      heap: 18,
      lag: 19,
    });
  });
  const service = 'service="icinga2",daemon="icinga_agent_service"';
  const own = 'daemon="icinga_agent_service",thread="icinga_agent_service::drive::C::0"';
  const expected: [name: string, labels: string, value: number][] = [
    ["icinga_warden_build_info", 'version="1.2.3",commit="abc",deno="2.9.5"', 1],
    ["icinga_warden_health", 'health="ok"', 0],
    ["icinga_warden_health", 'health="critical"', 1],
    ["icinga_warden_maintenance", "", 0],
    ["icinga_warden_trouble", 'kind="log"', 0],
    ["icinga_warden_trouble", 'kind="state"', 1],
    ["icinga_warden_previous_run_unclean", "", 1],
    ["process_start_time_seconds", "", 1767225600],
    ["process_resident_memory_bytes", "", 80000000],
    ["icinga_warden_service_state", `${service},state="PAUSED"`, 1],
    ["icinga_warden_service_state", `${service},state="PAUSE_PENDING"`, 0],
    ["icinga_warden_service_restart_errors", service, 11],
    ["icinga_warden_service_queries_total", service, 12],
    ["icinga_warden_service_query_errors_total", service, 13],
    ["icinga_warden_service_restarts_total", service, 14],
    ["icinga_warden_service_restart_failures_total", service, 15],
    ["icinga_warden_service_recoveries_total", service, 20],
    ["icinga_warden_service_restarts_last_hour", service, 21],
    ["icinga_warden_service_stable", service, 1],
    ["icinga_warden_service_flapping", service, 1],
    ["icinga_warden_service_disabled", service, 1],
    ["icinga_warden_service_would_restarts_total", service, 23],
    ["icinga_warden_service_paused", service, 1],
    ["icinga_warden_service_query_duration_seconds_sum", service, 0.005],
    ["icinga_warden_service_query_duration_seconds_count", service, 1],
    ["icinga_warden_service_restart_duration_seconds_sum", service, 16],
    ["icinga_warden_service_restart_duration_seconds_count", service, 5],
    ["icinga_warden_service_restart_duration_seconds_bucket", `${service},le="1"`, 2],
    ["icinga_warden_probe_success", `${service},probe="disk"`, 0],
    ["icinga_warden_probe_success", `${service},probe="cpu"`, 1],
    ["icinga_warden_daemon_enabled", 'daemon="icinga_agent_service"', 1],
    ["icinga_warden_daemon_enabled", 'daemon="off"', 0],
    ["icinga_warden_daemon_problem", 'daemon="off"', 0],
    ["icinga_warden_daemon_problem", 'daemon="bad"', 1],
    ["icinga_warden_thread_state", `${own},state="frozen"`, 1],
    ["icinga_warden_thread_state", `${own},state="running"`, 0],
    ["icinga_warden_thread_restarts_total", own, 17],
    ["icinga_warden_thread_heap_bytes", own, 18],
    ["icinga_warden_thread_event_loop_lag_seconds", own, 0.019],
    ["icinga_warden_state_maps", "", 8],
    ["icinga_warden_state_entries", "", 21],
    ["icinga_warden_state_messages_sent_total", "", 3],
    ["icinga_warden_state_messages_received_total", "", 2],
    ["icinga_warden_state_questions_total", "", 1],
    ["icinga_warden_state_changes_total", "", 7],
  ];
  for (const [name, labels, value] of expected) {
    assertStringIncludes(text, `\n${name}${labels && `{${labels}}`} ${value}\n`);
  }
  assertEquals(text.includes('probe="memory"'), false);
  const said = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const named = expected.map(([name]) => name.replace(/_(sum|count|bucket)$/, ""));
  assertEquals([...said].filter((name) => !named.includes(name!)), []);
  const paused = await metricsWith((maps) => {
    maps["Agent.Maintenance"] = { paused: { since: "2026-01-01T00:00:00Z", by: "command" } };
  });
  assertStringIncludes(paused, "\nicinga_warden_maintenance 1\n");
  assertStringIncludes(paused, '\nicinga_warden_health{health="warning"} 1\n');
  assertStringIncludes(paused, "\nicinga_warden_previous_run_unclean 0\n");
});

Deno.test("a histogram's buckets count what is shorter too", async () => {
  const text = await metricsWith(() => {});
  const name = "icinga_warden_service_query_duration_seconds";
  const labels = 'service="icinga2",daemon="icinga_agent_service"';
  for (
    const line of [
      `# TYPE ${name} histogram`,
      `${name}_bucket{${labels},le="0.01"} 6`,
      `${name}_bucket{${labels},le="0.1"} 9`,
      `${name}_bucket{${labels},le="+Inf"} 10`,
      `${name}_sum{${labels}} 0.5`,
      `${name}_count{${labels}} 10`,
    ]
  ) assertStringIncludes(text, `\n${line}\n`);
});

Deno.test("labels are escaped", async () => {
  const text = await metricsWith((maps) => {
    maps["Agent.Info"]!.commit = 'a"b\\c\nd';
  });
  assertStringIncludes(text, 'commit="a\\"b\\\\c\\nd"');
});

Deno.test("no name of a thread begins a line or a series of its own", async () => {
  const evil = 'x::run::a"} 1\nicinga_warden_health{health="ok"} 1\r\n# TYPE::0';
  const text = await metricsWith((maps) => {
    maps["Agent.Threads"]![evil] = thread("icinga_agent_service");
  });
  const lines = text.split("\n").filter((line) => line.startsWith("icinga_warden_health{"));
  assertEquals(lines.length, 4);
  for (const line of text.trim().split("\n")) {
    assertMatch(
      line,
      /^(?:# (?:HELP|TYPE) |[a-z_]+(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? [\d.e+-]+$|$)/,
    );
  }
});

Deno.test("every metric has help, a type, and a name with its unit", async () => {
  const text = await metricsWith(() => {});
  const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  for (const [, name, type] of families) {
    assertStringIncludes(text, `# HELP ${name} `);
    assertEquals(type === "counter", name!.endsWith("_total"), name);
  }
  assertEquals(new Set(families.map(([, name]) => name)).size, families.length);
});

Deno.test("a service without a name yet has an empty label", async () => {
  const text = await metricsWith((maps) => {
    maps["Daemons.icinga_agent_service.ServiceState"] = { restart_error: 4 };
    maps["Daemons.icinga_agent_service.ServiceStats"] = {};
  });
  const labels = 'service="",daemon="icinga_agent_service"';
  assertStringIncludes(text, `icinga_warden_service_restart_errors{${labels}} 4\n`);
});
