import { assertEquals, assertMatch } from "@std/assert";
import { resultsOf, type StateMaps, stateResults } from "../../lib/control/results.ts";
import { readStatus } from "../../lib/control/status.ts";
import { addWatcher, agentMaps, MOMENT, STARTED, stateOf, thread } from "./state.ts";

const VERDICT = {
  level: "warning",
  text: "C: 3 GB free",
  at: STARTED,
  numbers: { free: { value: 3, unit: "B", warning: "10:" } },
};

function resultsWith(change: (maps: ReturnType<typeof agentMaps>) => void, silent = "") {
  const maps = agentMaps();
  change(maps);
  return resultsOf(readStatus(stateOf(maps), { ...MOMENT, silent }));
}

Deno.test("there is a result of the agent, of each service and of each verdict", () => {
  const results = resultsWith((maps) => {
    maps["Agent.Daemons"]!.disk = { module: "disk.ts", enabled: true };
    maps["Agent.Threads"]!["disk::run::Main::0"] = thread("disk");
    maps["Daemons.disk.Verdict"] = { now: VERDICT };
  });
  assertEquals(results.map(({ service, exitStatus, summary }) => [service, exitStatus, summary]), [
    ["icinga-warden", 1, "WARNING: disk: C: 3 GB free"],
    ["icinga-warden-service-icinga2", 0, "OK: icinga2 is RUNNING"],
    ["icinga-warden-daemon-disk", 1, "WARNING: C: 3 GB free"],
  ]);
  assertMatch(results[0]!.output, /^WARNING: .*\nservice icinga2: RUNNING/);
  assertMatch(results[1]!.output, /^OK: icinga2 is RUNNING\nservice icinga2: RUNNING/);
  assertMatch(results[1]!.performance[0]!, /^restart_error=0;0;2;0$/);
  assertEquals(results[2]!.performance, ["free=3B;10:;;;"]);
});

Deno.test("a service's result is its own: another one's failure and the agent's are not in it", () => {
  const results = resultsWith((maps) => {
    addWatcher(maps, "service_watch");
    maps["Daemons.service_watch.ServiceState"] = {
      Spooler: { value: "STOPPED", restart_error: 3 },
      "odd!na$me": { value: "RUNNING", restart_error: 0 },
      icinga2: { value: "STOPPED", restart_error: 9 },
    };
    addWatcher(maps, "nameless");
    maps["Daemons.nameless.ServiceState"] = { value: "RUNNING", restart_error: 0 };
    maps["Agent.Troubles"] = { log: { since: STARTED, text: "the log is full" } };
  });
  const codes = Object.fromEntries(results.map(({ service, exitStatus }) => [service, exitStatus]));
  assertEquals(codes, {
    "icinga-warden": 2,
    "icinga-warden-service-icinga2": 0,
    "icinga-warden-service-Spooler": 2,
    "icinga-warden-service-odd_na_me": 0,
  });
});

Deno.test("the verdict of who sends is in no result", () => {
  const change = (maps: ReturnType<typeof agentMaps>) => {
    maps["Agent.Daemons"]!.icinga_report = { module: null, enabled: true };
    maps["Agent.Threads"]!["icinga_report::run::Main::0"] = thread("icinga_report");
    maps["Daemons.icinga_report.Verdict"] = { now: VERDICT };
  };
  assertEquals(resultsWith(change).length, 3);
  const results = resultsWith(change, "icinga_report");
  assertEquals(results.map(({ exitStatus }) => exitStatus), [0, 0]);
});

Deno.test("the results of a thread follow its copy of the state, whose times age by the monotonic clock", () => {
  /** A map of a daemon's context, as far as it is used here. */
  class Copy extends Map<string, unknown> {
    #listeners: ((change: { key: string; value: unknown }) => void)[] = [];
    onChange(listener: (change: { key: string; value: unknown }) => void) {
      this.#listeners.push(listener);
    }
    write(key: string, value: unknown) {
      this.set(key, value);
      for (const listener of this.#listeners) listener({ key, value });
    }
  }
  const maps = agentMaps();
  maps["Agent.Daemons"]!.disk = { module: "disk.ts", enabled: true };
  maps["Agent.Threads"]!["disk::run::Main::0"] = thread("disk");
  maps["Daemons.disk.Verdict"] = { now: { ...VERDICT, level: "ok" } };
  const copies = new Map(
    Object.entries(maps).map(([path, keys]) => [path, new Copy(Object.entries(keys))]),
  );
  const copyOf = (path: string) => copies.get(path) ?? new Copy();
  const state = {
    of: (daemon: string, map: string) => copyOf(`Daemons.${daemon}.${map}`),
    agent: (map: string) => copyOf(`Agent.${map}`),
  } as unknown as StateMaps;
  let [now, changes] = [0, 0];
  const results = stateResults(state, "icinga_report", { now: () => now }, () => changes++);
  const disk = () => results().find(({ service }) => service.endsWith("-disk"))!.exitStatus;
  assertEquals([disk(), changes], [0, 0]);
  const at = Date.now();
  const [since, until] = [at, at + 60_000].map((time) => new Date(time).toISOString());
  copies.get("Daemons.disk.Verdict")!.write("now", { ...VERDICT, at: since, until });
  assertEquals([disk(), changes], [1, 1]);
  now = 60_001;
  assertEquals(disk(), 3, "the verdict has expired");
});
