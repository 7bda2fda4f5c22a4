import { assertEquals } from "@std/assert";
import { lookAtServices } from "../../lib/agent/service_look.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { MainState } from "../../lib/state/mod.ts";

Deno.test("the states of watched services are shared, and each change of one", async () => {
  const clock = new ManualClock();
  const state = new MainState({ thread: "main" });
  const numbers: Record<string, number | Error | undefined> = { icinga2: 4, spooler: 1, other: 4 };
  let asked = 0;
  const stateOf = (service: string) => {
    asked++;
    const number = numbers[service];
    if (number instanceof Error) throw number;
    return number;
  };
  const look = lookAtServices({ state }, clock, { stateOf, startTypeOf: () => undefined });
  const daemon = { module: null, enabled: true };
  const daemons = state.map<string, unknown>("Agent.Daemons");
  daemons.set("icinga_agent_service", { ...daemon, services: true });
  daemons.set("service_watch", { ...daemon, services: true });
  daemons.set("heartbeat", daemon);
  daemons.set("own", { ...daemon, services: true, module: "own.ts" });
  const counts = (daemon: string, service: string) =>
    state.map(`Daemons.${daemon}.ServiceStats`).set(service, {});
  counts("icinga_agent_service", "Icinga2");
  counts("service_watch", "Spooler");
  counts("service_watch", "gone");
  for (const other of ["heartbeat", "own"]) counts(other, "other");
  const shared = () => Object.fromEntries(state.map("Agent.ServiceStates"));
  look();
  assertEquals([shared(), asked], [{ icinga2: 4, spooler: 1 }, 3]);

  const changes: unknown[] = [];
  state.map("Agent.ServiceStates").onChange(({ key, old, value }) =>
    changes.push([key, old, value])
  );
  look();
  numbers.icinga2 = 1;
  look();
  delete numbers.spooler;
  look();
  assertEquals(changes, [["icinga2", 4, 1], ["spooler", 1, undefined]]);

  // What cannot be asked is left alone for a while, and no longer known.
  numbers.icinga2 = new Error("access is denied");
  look();
  asked = 0;
  look();
  assertEquals([shared(), asked], [{}, 2]);
  numbers.icinga2 = 4;
  await clock.advance(5_000);
  look();
  assertEquals(shared(), { icinga2: 4 });

  daemons.set("icinga_agent_service", { ...daemon, services: true, module: "own.ts" });
  await clock.advance(5_000);
  look();
  assertEquals(shared(), {});
  state.close();
});

Deno.test("of at most 32 services the state is asked", () => {
  const clock = new ManualClock();
  const state = new MainState({ thread: "main" });
  const info = { module: null, enabled: true, services: true };
  state.map<string, unknown>("Agent.Daemons").set("service_watch", info);
  const counts = state.map("Daemons.service_watch.ServiceStats");
  for (let i = 0; i < 40; i++) counts.set(`s${i}`, {});
  lookAtServices({ state }, clock, { stateOf: () => 4, startTypeOf: () => undefined })();
  assertEquals(state.map("Agent.ServiceStates").size, 32);
  state.close();
});

Deno.test("the start type of a service that does not run is shared before its state", async () => {
  const clock = new ManualClock();
  const state = new MainState({ thread: "main" });
  let [number, startType] = [4, "automatic" as string | Error];
  let asked = 0;
  const look = lookAtServices({ state }, clock, {
    stateOf: () => number,
    startTypeOf() {
      asked++;
      if (startType instanceof Error) throw startType;
      return startType;
    },
  });
  const info = { module: null, enabled: true, services: true };
  state.map<string, unknown>("Agent.Daemons").set("icinga_agent_service", info);
  state.map("Daemons.icinga_agent_service.ServiceStats").set("Icinga2", {});
  const shared = state.map<string, string>("Agent.ServiceStartTypes");
  const seen: unknown[] = [];
  state.map("Agent.ServiceStates").onChange(({ value }) =>
    seen.push([value, shared.get("icinga2")])
  );
  look();
  number = 1;
  look();
  look();
  assertEquals([seen, asked], [[[4, undefined], [1, "automatic"]], 1]);
  // What a person changes meanwhile is seen after 5 s.
  startType = "disabled";
  await clock.advance(5_000);
  look();
  assertEquals(shared.get("icinga2"), "disabled");
  startType = new Error("access is denied");
  await clock.advance(5_000);
  look();
  assertEquals(shared.has("icinga2"), false);
  startType = "manual";
  number = 3;
  look();
  number = 4;
  look();
  assertEquals(seen.slice(2), [[3, "manual"], [4, undefined]]);
  state.close();
});
