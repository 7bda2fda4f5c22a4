import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { createContext, createDaemonLog } from "../../lib/daemon/mod.ts";
import type { ContextParts } from "../../lib/daemon/create.ts";
import { SimulatedServiceManager } from "../../lib/service/mod.ts";
import { MainState } from "../../lib/state/mod.ts";

const state = new MainState({ thread: "main" });

function contextOf(parts: Partial<ContextParts<Record<never, never>>> = {}) {
  return createContext({
    daemon: "own",
    thread: "own::run::Main::0",
    signal: new AbortController().signal,
    arguments: {},
    state,
    log: createDaemonLog("debug", () => {}),
    ...parts,
  });
}

Deno.test("in the mode observe a service is looked at, and each change is refused", async () => {
  const services = new SimulatedServiceManager(new ManualClock(), {});
  const ended: string[] = [];
  const service = (mode?: "act" | "observe") =>
    contextOf({ services, mode, endProcess: (name) => ended.push(name) }).service("icinga2");
  const { mode, ...observed } = service("observe");
  assertEquals([mode, service().mode], ["observe", "act"]);
  assertEquals(await observed.query(), "RUNNING");
  const changes = ["start", "stop", "restart", "enable"] as const;
  for (const change of changes) {
    await assertRejects(() => observed[change](), Error, "the agent only observes services");
  }
  observed.endProcess();
  service().endProcess();
  assertEquals(ended, ["icinga2"]);
  await service().stop();
  assertEquals(await observed.query(), "STOPPED");
});

Deno.test("a service is paused whatever the case of its name", () => {
  const services = new SimulatedServiceManager(new ManualClock(), {});
  const isPaused = () => contextOf({ services }).service("Icinga2").isPaused();
  assertEquals(isPaused(), false);
  state.map("Agent.ServicePauses").set("icinga2", { since: "", by: "command" });
  assertEquals(isPaused(), true);
  state.map("Agent.ServicePauses").delete("icinga2");
});

Deno.test("what a daemon cannot do is said, with what it lacks", async () => {
  const context = contextOf();
  const cases: [call: () => unknown, said: string][] = [
    [() => context.service("icinga2"), "daemon 'own' lacks the permission 'services'; its module"],
    [() => context.thread("work"), "Cannot start a child thread: there is no agent to run it"],
    [() => context.state.map("Verdict"), "Cannot open map 'Verdict': context.report writes it"],
    [() => context.onArguments(5 as never), "Cannot take arguments: expected a function"],
  ];
  for (const [call, said] of cases) assertThrows(call, Error, said);
  await assertRejects(() => context.secret("db"), Error, "There is no secret 'db'");
  assertEquals(await context.host.disks(), []);
});

Deno.test("a daemon's maps are its own, and those of others and the agent are read", () => {
  const { state: maps } = contextOf({
    maps: { Kept: { description: "", persistent: true, check: Number } },
  });
  assertEquals(maps.map("Free").path, "Daemons.own.Free");
  assertEquals(maps.of("other", "Free").path, "Daemons.other.Free");
  assertEquals(maps.agent("Info").path, "Agent.Info");
  maps.map("Kept").set("n", "5");
  assertEquals(maps.map("Kept").get("n"), 5);
  const own = maps.map<unknown>("Own", { check: (value) => `${value} as text` });
  own.set("n", 5);
  assertEquals(own.get("n"), "5 as text");
});

Deno.test("changed arguments are those of the context, and each taker is told them once", () => {
  let asked = 0;
  const told: unknown[] = [];
  const context = contextOf({ onArguments: () => void asked++ });
  context.onArguments((values) => void told.push(1, values));
  assertEquals(asked, 1);
  context.onArguments((values) => void told.push(2, values));
  context.change({ limit: 7 });
  assertEquals(told, [1, { limit: 7 }, 2, { limit: 7 }]);
  assertEquals([asked, context.arguments as unknown], [1, { limit: 7 }]);
});
