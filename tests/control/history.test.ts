import { assertEquals } from "@std/assert";
import { History } from "../../lib/control/history.ts";
import { noStats } from "../../lib/service/stats.ts";
import { thread } from "./state.ts";

const map = "Daemons.disk.ServiceState";

/** The longest span of the page, ms. */
const HISTORY_TIME = 6 * 3_600_000;

Deno.test("a service's states are remembered, each once, and for some hours", () => {
  let now = 0;
  const history = new History(() => now, () => true);
  const see = (at: number, value: string) => {
    now = at;
    history.note({ map, key: "value", value });
    history.note({ map, key: "restart_error", value: 1 });
  };
  see(10, "RUNNING");
  see(20, "RUNNING");
  see(30, "STOPPED");
  assertEquals(history.past().services, {
    [map]: [{ at: 10, value: "RUNNING" }, { at: 30, value: "STOPPED" }],
  });
  see(31 + HISTORY_TIME, "RUNNING");
  assertEquals(history.past().services[map]!.map(({ at }) => at), [30, 31 + HISTORY_TIME]);
  for (let i = 0; i < 2_000; i++) see(now + 1, i % 2 ? "RUNNING" : "STOPPED");
  assertEquals(history.past().services[map]!.length, 500);
});

Deno.test("of a map that holds many services each is remembered", () => {
  const history = new History(() => 1, () => true);
  const note = (key: string, value: unknown) => history.note({ map, key, value });
  note("spooler", { value: "RUNNING", restart_error: 0 });
  note("value", { value: "STOPPED", restart_error: 0 }); // a service may be called so
  note("absent", { restart_error: 0 });
  note("spooler", undefined);
  assertEquals(history.past().services, {
    [`${map}.spooler`]: [{ at: 1, value: "RUNNING" }],
    [`${map}.value`]: [{ at: 1, value: "STOPPED" }],
  });
});

Deno.test("restarts are remembered, each once, and for some hours", () => {
  let now = 0;
  const history = new History(() => now, () => true);
  const note = (at: number | undefined) => {
    const lastRestart = at === undefined ? {} : { lastRestart: new Date(at).toISOString() };
    const value = { ...noStats(), ...lastRestart };
    history.note({ map: "Daemons.disk.ServiceStats", key: "spooler", value });
  };
  for (const at of [undefined, 10, 10, 20]) note(at);
  assertEquals(history.past().restarts, { "disk.spooler": [10, 20] });
  now = HISTORY_TIME + 15;
  note(now);
  assertEquals(history.past().restarts, { "disk.spooler": [20, now] });
  for (let i = 0; i < 600; i++) note(++now);
  assertEquals(history.past().restarts["disk.spooler"]!.length, 500);
});

Deno.test("a thread's memory and lag are sampled, and forgotten with the thread", () => {
  let now = 0;
  const history = new History(() => now, () => true);
  const note = (value: unknown) => history.note({ map: "Agent.Threads", key: "t", value });
  for (now = 0; now < 3_600_000; now += 1_000) note(thread("disk", { heap: now, lag: 1 }));
  const samples = history.past().threads.t!;
  assertEquals(samples.length, 120);
  assertEquals(samples[1]!.at - samples[0]!.at, 15_000);
  note(undefined);
  assertEquals(history.past().threads, {});
  note(thread("disk", { heap: undefined! }));
  assertEquals(history.past().threads, {});
});

Deno.test("what is no state of a service, or no watcher's, is not remembered, and there is an end to it", () => {
  const history = new History(() => 1, (daemon) => daemon === "disk");
  const note = (map: string, key: string, value: unknown) => history.note({ map, key, value });
  note("Daemons.other.ServiceState", "value", "RUNNING");
  note("Daemons.other.ServiceStats", "spooler", {
    ...noStats(),
    lastRestart: "2026-01-01T00:00:00Z",
  });
  for (const value of ["ON FIRE", 4, null, { value: "ON FIRE" }, { value: ["RUNNING"] }]) {
    note(map, "value", value);
  }
  note("Daemons.disk.ServiceStats", "spooler", { lastRestart: "2026-01-01T00:00:00Z" });
  note("Daemons.disk.ServiceStats", "spooler", { ...noStats(), lastRestart: "then" });
  assertEquals(history.past(), { services: {}, restarts: {}, threads: {} });
  for (let i = 0; i < 2_000; i++) note(map, `service${i}`, { value: "RUNNING" });
  assertEquals(Object.keys(history.past().services).length, 1_024);
});
