import { assert, assertEquals, assertMatch } from "@std/assert";
import { Pauses } from "../../lib/agent/pauses.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { AGENT_MAPS, type Pause } from "../../lib/daemon/mod.ts";
import { MainState } from "../../lib/state/mod.ts";

const HOUR = 3_600_000;

/** A run of the agent as far as its pauses are concerned, with what the one before has saved. */
function startRun(saved: { all?: Pause; services?: Record<string, Pause> } = {}) {
  const state = new MainState({ thread: "main" });
  const clock = new ManualClock();
  const told: string[] = [];
  let closed = false;
  const all = state.map<string, Pause>(AGENT_MAPS.maintenance);
  const services = state.map<string, Pause>(AGENT_MAPS.servicePauses);
  if (saved.all) all.set("paused", saved.all);
  for (const [name, pause] of Object.entries(saved.services ?? {})) services.set(name, pause);
  const gate = { close: () => closed = true, open: () => closed = false };
  const pauses = new Pauses(state, clock, gate, (text) => told.push(text));
  return {
    ...{ clock, pauses, told, state },
    isClosed: () => closed,
    /** Stops, and returns what is saved. */
    stop: () => {
      pauses.close();
      const saved = { all: all.get("paused"), services: Object.fromEntries(services) };
      state.close();
      return saved as { all?: Pause; services: Record<string, Pause> };
    },
  };
}

/** A pause that was begun so long ago and ends in so long, ms; negative: the clock was set back since. */
function pause(ago: number, ends: number, left: number): Pause {
  const at = (offset: number) => new Date(Date.now() + offset).toISOString();
  return { since: at(-ago), until: at(ends), left, by: "command" };
}

Deno.test("a pause with an end outlives the agent, and ends when it would have ended", async () => {
  const first = startRun();
  first.pauses.begin("command", 2 * HOUR);
  first.pauses.begin("command", HOUR, "Icinga2");
  await first.clock.advance(HOUR / 2);
  const saved = first.stop();
  assertEquals([saved.all!.left, saved.services.icinga2!.left], [1.5 * HOUR, HOUR / 2]);
  const second = startRun(saved);
  assertEquals(second.isClosed(), true);
  assertMatch(second.told[0]!, /^The agent is still paused, until /);
  assertMatch(second.told[1]!, /^Service 'icinga2' is still paused, until /);
  await second.clock.advance(1.5 * HOUR - 1_000);
  assertEquals(second.isClosed(), true);
  await second.clock.advance(1_000);
  assertEquals(second.isClosed(), false);
  const over = "is no longer paused: the duration of the pause is over";
  assertEquals(second.told.slice(2), [`Service 'icinga2' ${over}`, `The agent ${over}`]);
  assertEquals(second.stop(), { all: undefined, services: {} });
});

Deno.test("no pause is longer than it was asked for, wherever the clock was set", async () => {
  const cases: [saved: Pause, left: number][] = [
    [pause(HOUR, HOUR, HOUR), HOUR],
    // The agent was away for half of it.
    [pause(HOUR, HOUR / 2, HOUR), HOUR / 2],
    // Set back by 5 hours, or by a day: what was counted holds.
    [pause(-4 * HOUR, 6 * HOUR, HOUR), HOUR],
    [pause(-23 * HOUR, 25 * HOUR, 60_000), 60_000],
    [pause(3 * HOUR, -HOUR, HOUR), 0],
    [pause(HOUR, HOUR, 0), 0],
  ];
  for (const [saved, left] of cases) {
    const run = startRun({ all: saved });
    assertEquals(run.isClosed(), left > 0);
    const goesOn = run.state.map<string, Pause>(AGENT_MAPS.maintenance).get("paused");
    if (goesOn) {
      assertEquals(goesOn.by, "command");
      // A beginning in the future is none.
      const since = Math.min(Date.parse(saved.since), Date.now());
      assert(Math.abs(Date.parse(goesOn.since) - since) < 10_000, goesOn.since);
      assert(Date.parse(goesOn.since) <= Date.now(), goesOn.since);
    }
    // The test itself takes some of it.
    await run.clock.advance(Math.max(0, left - 10_000));
    assertEquals(run.isClosed(), left > 0);
    await run.clock.advance(10_000);
    assertEquals(run.isClosed(), false);
    run.stop();
  }
});

Deno.test("a pause of a service leaves the agent's daemons alone, with an end or without one", async () => {
  const run = startRun();
  const services = run.state.map<string, Pause>(AGENT_MAPS.servicePauses);
  run.pauses.begin("command", HOUR, "One");
  run.pauses.begin("command", undefined, "Two");
  assertEquals([run.isClosed(), [...services.keys()]], [false, ["one", "two"]]);
  const { since, until, left } = services.get("one")!;
  assertEquals([Date.parse(until!) - Date.parse(since), left], [HOUR, HOUR]);
  assertEquals([services.get("two")!.until, services.get("two")!.left], [undefined, undefined]);
  await run.clock.advance(HOUR);
  assertEquals([...services.keys()], ["two"]);
  run.pauses.end("TWO");
  assertEquals(services.size, 0);
  run.stop();
});

Deno.test("a pause without an end, and what cannot be read, ends with the agent", () => {
  const bad = { since: "x", until: "y", left: 5, by: "command" } as const;
  const run = startRun({
    all: { since: new Date().toISOString(), by: "service" },
    services: { icinga2: bad },
  });
  assertEquals([run.isClosed(), run.told], [false, [
    "The agent is no longer paused: a pause without a duration lasts until the agent is restarted",
    "Service 'icinga2' is no longer paused: the duration of the pause is over",
  ]]);
  assertEquals(run.stop(), { all: undefined, services: {} });
});

Deno.test("how much is left is saved each minute, and a new pause takes an old one's place", async () => {
  const run = startRun();
  run.pauses.begin("command", HOUR);
  await run.clock.advance(90_000);
  const map = run.state.map<string, Pause>(AGENT_MAPS.maintenance);
  assertEquals(map.get("paused")!.left, HOUR - 60_000);
  run.pauses.begin("command", 2 * HOUR);
  await run.clock.advance(HOUR);
  assertEquals(run.isClosed(), true);
  run.pauses.end();
  assertEquals([run.isClosed(), run.clock.sleeping, run.told], [false, 0, []]);
  run.pauses.begin("command", HOUR);
  await run.clock.advance(90_000);
  assertEquals(run.stop().all!.left, HOUR - 90_000, "at the end, what is left by then");
});
