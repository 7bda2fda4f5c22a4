import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatMetrics } from "../../lib/control/view/metrics.ts";
import { readStatus } from "../../lib/control/view/status.ts";
import { agentMaps, MOMENT, stateOf, thread } from "./state.ts";

function metricsWith(change: (maps: ReturnType<typeof agentMaps>) => void): Promise<string> {
  const maps = agentMaps();
  change(maps);
  const state = stateOf(maps);
  return formatMetrics(state, readStatus(state, MOMENT), 7);
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
