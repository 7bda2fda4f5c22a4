import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { THRESHOLDS } from "../../lib/control/health.ts";
import { formatPerformance, pluginOutput } from "../../lib/control/plugin.ts";
import { readStatus } from "../../lib/control/status.ts";
import type { ThreadInfo } from "../../lib/daemon/agent_state.ts";
import { noStats } from "../../lib/service/stats.ts";
import { addWatcher, agentMaps, MOMENT, STARTED, stateOf, thread } from "./state.ts";

function outputWith(change: (maps: ReturnType<typeof agentMaps>) => void) {
  const maps = agentMaps();
  change(maps);
  return pluginOutput(readStatus(stateOf(maps), MOMENT), THRESHOLDS);
}

Deno.test("one line, one more for each service and daemon, and performance data with units", () => {
  const { summary, details, performance } = outputWith(() => {});
  assertEquals(summary, "OK: icinga2 is RUNNING, 1 of 1 daemons run");
  assertEquals(details, [
    `service icinga2: RUNNING, restart_error 0, 2 restarts, the last ${STARTED}`,
    "daemon icinga_agent_service: running, 0 restarts, 4000000 B of heap",
  ]);
  assertEquals(performance.map(({ label, value, unit }) => `${label}=${value}${unit}`), [
    ...["restart_error=0", "restarts=2c", "restart_failures=3c", "query_time=0.05s", "daemons=1"],
    ...["thread_restarts=0c", "heap=4000000B", "memory=80000000B", "uptime=3600s"],
  ]);
  assertEquals(performance[0]!.range, ["0", "2", 0]);
});

Deno.test("restarts of the last hour and a query's time are told, the time to the microsecond", () => {
  const { details, performance } = outputWith((maps) => {
    const stats = maps["Daemons.icinga_agent_service.ServiceStats"]!;
    const query = { le: [1], counts: [3, 0], sum: 1, count: 3 };
    stats.icinga2 = { ...stats.icinga2 as object, query, restartsLastHour: 1 };
  });
  assertMatch(details[0]!, /, 2 restarts \(1 in the last hour\), the last /);
  const values = performance.map(formatPerformance);
  assertEquals(values.slice(3, 5), ["query_time=0.333333s", "restarts_last_hour=1;3;10;0"]);
});

Deno.test("a label that holds a space, a quote or an equals sign is quoted as plugins do", () => {
  const cases = { "a_b": "a_b", "a b": "'a b'", "it's": "'it''s'", "a=b": "'a_b'" };
  for (const [label, written] of Object.entries(cases)) {
    assertEquals(formatPerformance({ label, value: 1, unit: "s" }), `${written}=1s`);
  }
});

Deno.test("of very many numbers of verdicts 200 are performance data", () => {
  const { performance } = outputWith((maps) => {
    const numbers = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`n${i}`, { value: i }]),
    );
    for (const daemon of ["a", "b", "c", "d", "e"]) {
      addWatcher(maps, daemon);
      maps[`Daemons.${daemon}.Verdict`] = { now: { level: "ok", text: "", at: STARTED, numbers } };
    }
  });
  assertEquals(performance.filter(({ label }) => / n\d+$/.test(label)).length, 200);
});

Deno.test("a daemon's verdict is a line, and its numbers are performance data", () => {
  const { summary, details, performance } = outputWith((maps) => {
    maps["Agent.Daemons"]!.disk = { module: "daemons/disk.js", enabled: true };
    maps["Agent.Threads"]!["disk::run::Main::0"] = thread("disk");
    const numbers = {
      ...{ free: { value: 3e9, unit: "B", warning: "1:", critical: "2:", min: 0, max: 9 } },
      ...{ "C:\\": { value: 1.5 } },
    };
    const text = "C: 3 GB | free";
    maps["Daemons.disk.Verdict"] = { now: { level: "critical", text, at: STARTED, numbers } };
  });
  assertEquals(summary, "CRITICAL: disk: C: 3 GB / free");
  assertEquals(details.at(-2), `verdict of disk: critical, C: 3 GB / free (${STARTED})`);
  assertEquals(performance.slice(-2), [
    { label: "disk free", value: 3e9, unit: "B", range: ["1:", "2:", 0, 9] },
    { label: "disk C:\\", value: 1.5, unit: "", range: ["", "", "", ""] },
  ]);
});

Deno.test("with more than one service each has its own labels", () => {
  const { performance } = outputWith((maps) => {
    addWatcher(maps, "other");
    maps["Daemons.other.ServiceState"] = { value: "RUNNING", restart_error: 1 };
  });
  const labels = performance.map(({ label }) => label);
  assertEquals(labels.filter((label) => label.includes("restart_error")), [
    ...["icinga2 restart_error", "other restart_error"],
  ]);
});

Deno.test("a diagnosis has a line of its own, with all evidence and how to fix it", () => {
  const { summary, details } = outputWith((maps) => {
    const diagnosis = {
      ...{ what: "it crashed", since: STARTED, evidence: ["report.1: SIGSEGV", "log: x"] },
      ...{ advice: "look for an update", hold: false },
    };
    maps["Daemons.icinga_agent_service.ServiceState"]!.value = "STOPPED";
    maps["Daemons.icinga_agent_service.ServiceState"]!.diagnosis = diagnosis;
  });
  assertEquals(summary, "CRITICAL: icinga2 is STOPPED: it crashed (report.1: SIGSEGV)");
  assertEquals(
    details[1],
    `diagnosis of ${STARTED}: it crashed; report.1: SIGSEGV; log: x; look for an update`,
  );
});

Deno.test("each probe has a line of its own, with how to fix it", () => {
  const { summary, details } = outputWith((maps) => {
    maps["Daemons.icinga_agent_service.ServiceProbes"] = {
      disk: { is: "warning", text: "full", advice: "free some", failed: true, since: STARTED },
      cpu: { is: "ok", text: "2 %", failed: false },
    };
  });
  assertEquals(summary, "WARNING: icinga2 disk: full");
  assertEquals(details.slice(1, 3), [
    `probe disk: warning since ${STARTED}, full; free some`,
    "probe cpu: ok, 2 %",
  ]);
});

Deno.test("a service that cannot be queried, or is not looked at, is not said to run", () => {
  const failing = outputWith((maps) => {
    const stats = maps["Daemons.icinga_agent_service.ServiceStats"]!;
    stats.icinga2 = { ...stats.icinga2 as object, queryError: "timed out" };
  });
  assertEquals(failing.summary, "UNKNOWN: icinga2 cannot be queried: timed out");
  assertMatch(failing.details[0]!, /RUNNING when last seen, .*, cannot be queried: timed out$/);
  const paused = outputWith((maps) => {
    maps["Agent.Maintenance"] = { paused: { since: STARTED, until: STARTED, by: "command" } };
  });
  assertMatch(paused.details[0]!, /^service icinga2: RUNNING before the pause, /);
  assertEquals(paused.summary, `OK: paused until ${STARTED}`);
  const alone = outputWith((maps) => {
    maps["Agent.ServicePauses"] = { icinga2: { since: STARTED, until: STARTED, by: "command" } };
  });
  assertMatch(alone.details[0]!, /^service icinga2: RUNNING, paused until \S+Z, restart_error/);
  assertMatch(alone.summary, /^OK: icinga2 is RUNNING, paused until \S+Z, /);
  const endless = outputWith((maps) => {
    maps["Agent.ServicePauses"] = { icinga2: { since: STARTED, until: null, by: "command" } };
  });
  assertMatch(endless.details[0]!, /^service icinga2: RUNNING, paused, restart_error/);
});

Deno.test("a daemon that waits for a place does not count as one that runs", () => {
  const { performance } = outputWith((maps) => {
    maps["Agent.Threads"]!["icinga_agent_service::run::Main::0"] = thread("icinga_agent_service", {
      state: "waiting",
    });
  });
  const daemons = performance.find(({ label }) => label === "daemons")!;
  assertEquals([daemons.value, daemons.range], [0, ["", "", 0, 1]]);
});

Deno.test("an error's text cannot end a line or begin performance data", () => {
  const lastError = { at: STARTED, message: "bad | x=1\nworse\x1b[2J" };
  const { summary, details } = outputWith((maps) => {
    maps["Agent.Threads"]!["icinga_agent_service::run::Main::0"] = thread("icinga_agent_service", {
      ...{ state: "failed", lastError },
    });
  });
  assertStringIncludes(
    summary,
    "CRITICAL: daemon icinga_agent_service has failed: bad / x=1 worse",
  );
  for (const line of [summary, ...details]) assertMatch(line, /^[ -{}~�]+$/);
});

Deno.test("two daemons that watch one service have labels of their own, without what would begin other data", () => {
  const { performance } = outputWith((maps) => {
    addWatcher(maps, "other");
    maps["Daemons.other.ServiceState"] = {
      icinga2: { value: "RUNNING", restart_error: 0 },
      "a|b\u202e": { value: "RUNNING", restart_error: 0 },
    };
  });
  const labels = performance.map(({ label }) => label);
  assertEquals(labels.filter((label) => label.includes("restart_error")), [
    "icinga_agent_service icinga2 restart_error",
    "other icinga2 restart_error",
    "a/b� restart_error",
  ]);
  assertEquals(new Set(labels).size, labels.length);
});

Deno.test("a status of very many services with long errors is cut at what Icinga takes", () => {
  const { summary, details, performance } = outputWith((maps) => {
    addWatcher(maps, "other");
    const entry = { value: "STOPPED", restart_error: 0 };
    const names = Array.from({ length: 250 }, (_, i) => `${"s".repeat(200)}${i}`);
    maps["Daemons.other.ServiceState"] = Object.fromEntries(names.map((name) => [name, entry]));
    const stats = { ...noStats(), queryError: "x".repeat(4_000) };
    maps["Daemons.other.ServiceStats"] = Object.fromEntries(names.map((name) => [name, stats]));
  });
  assertEquals([summary.length, details.length, details.at(-1)], [1_000, 51, "and 203 more"]);
  assertEquals(details.join("\n").length < 60_000, true);
  assertEquals(performance.filter(({ label }) => label.endsWith("restarts")).length, 51);
});

Deno.test("lines and performance data take no more bytes than Icinga's database, in any script", () => {
  const { details, performance } = outputWith((maps) => {
    addWatcher(maps, "other");
    const entry = { value: "STOPPED", restart_error: 0 };
    const names = Array.from({ length: 50 }, (_, i) => `${"ы".repeat(240)}${i}`);
    maps["Daemons.other.ServiceState"] = Object.fromEntries(names.map((name) => [name, entry]));
    const stats = { ...noStats(), queryError: "語".repeat(4_000) };
    maps["Daemons.other.ServiceStats"] = Object.fromEntries(names.map((name) => [name, stats]));
  });
  const bytes = (texts: readonly string[], gap: string) =>
    new TextEncoder().encode(texts.join(gap)).length;
  for (const size of [bytes(details, "\n"), bytes(performance.map(formatPerformance), " ")]) {
    assertEquals([size > 55_000, size < 61_000], [true, true], String(size));
  }
  assertMatch(details.at(-1)!, /^and \d\d more$/);
});

Deno.test("restarts and heap are the sum of all threads; who tells no heap has none", () => {
  const values = (own: Partial<ThreadInfo>, other: Partial<ThreadInfo>) => {
    const { performance } = outputWith((maps) => {
      addWatcher(maps, "other");
      maps["Agent.Threads"] = {
        "icinga_agent_service::run::Main::0": thread("icinga_agent_service", own),
        "other::run::Main::0": thread("other", other),
      };
    });
    return ["thread_restarts", "heap"].map((name) =>
      performance.find(({ label }) => label === name)?.value
    );
  };
  const heap = undefined as unknown as number;
  assertEquals(values({ restarts: 2, heap: 5 }, { restarts: 3, heap: 7 }), [5, 12]);
  assertEquals(values({ heap }, { heap: 7 }), [0, 7]);
  assertEquals(values({ heap }, { heap }), [0, undefined]);
});
