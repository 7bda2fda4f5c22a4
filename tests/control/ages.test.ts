import { assertEquals } from "@std/assert";
import { Ages } from "../../lib/control/state_reader.ts";
import { readStatus } from "../../lib/control/status.ts";
import { agentMaps, MOMENT, STARTED, stateOf } from "./state.ts";

const HOUR = 3_600_000;

Deno.test("uptimes and ages do not follow a wall clock that is set", () => {
  const maps = agentMaps();
  const started = Date.parse(STARTED);
  let [wall, monotonic] = [started + HOUR, 50];
  const state = stateOf(maps);
  const ages = new Ages({ now: () => monotonic }, () => wall);
  for (const [map, keys] of Object.entries(maps)) {
    for (const [key, value] of Object.entries(keys)) ages.note({ map, key, value });
  }
  const thread = "icinga_agent_service::run::Main::0";
  const spans = () => {
    const { agent, daemons, services } = readStatus(state, { ...MOMENT, age: ages.of });
    const { uptime, stateFor } = daemons[0]!.threads[0]!;
    return [agent.uptime, uptime, stateFor, services[0]!.lastSeenAge].map((span) =>
      Number(span) / 3_600
    );
  };
  assertEquals(spans(), [1, 1, 1, 0]);
  // Set back by two hours, then forward by three days; one hour passes each time.
  for (const [step, expected] of [[-2 * HOUR, [2, 2, 2, 0]], [72 * HOUR, [3, 3, 3, 0]]] as const) {
    wall += step + HOUR;
    monotonic += HOUR;
    assertEquals(spans(), [...expected]);
  }
  // What is set from now on counts from now on.
  const time = new Date(wall).toISOString();
  const set = (map: string, key: string, value: Record<string, unknown>) => {
    maps[map]![key] = value;
    ages.note({ map, key, value });
  };
  const info = maps["Agent.Threads"]![thread] as Record<string, unknown>;
  set("Agent.Threads", thread, { ...info, since: time, started: time });
  const stats = "Daemons.icinga_agent_service.ServiceStats";
  set(stats, "icinga2", { ...maps[stats]!.icinga2 as Record<string, unknown>, lastSeen: time });
  wall -= 24 * HOUR;
  monotonic += HOUR;
  assertEquals(spans(), [4, 1, 1, 1]);
  const verdict = { level: "ok", text: "", at: time, numbers: {} };
  ages.note({ map: "Daemons.disk.Verdict", key: "now", value: verdict });
  monotonic += HOUR;
  assertEquals(ages.of(["Daemons.disk.Verdict", "now", "at"], time), HOUR);
  monotonic -= HOUR;
  // What is set to what it was is as old as it was.
  set("Agent.Threads", thread, { ...info, since: time, started: time, heap: 1 });
  assertEquals(spans(), [4, 1, 1, 1]);
});

Deno.test("a time that was not seen when it was set has its age by the wall clock, and none below 0", () => {
  const wall = Date.parse(STARTED) + HOUR;
  const ages = new Ages({ now: () => 0 }, () => wall);
  assertEquals(ages.of(["Agent.Info", "started"], STARTED), HOUR);
  assertEquals(ages.of(["Agent.Info", "started"], new Date(wall + 1).toISOString()), 0);
  ages.note({ map: "Agent.Info", key: "started", value: STARTED });
  ages.note({ map: "Agent.Info", key: "started" });
  assertEquals(ages.of(["Agent.Info", "started"], STARTED), HOUR);
});
