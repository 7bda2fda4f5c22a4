import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import {
  type HoldHost,
  holdsInstallation,
  isNetworkUp,
  waitsForNetwork,
  watchRestartHolds,
} from "../../lib/agent/restart_holds.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { MainState } from "../../lib/state/mod.ts";

const MINUTE = 60_000;

Deno.test("an installation holds for 30 min, the network for 3 min after a boot", () => {
  const installations: [since: number | undefined, now: number, holds: boolean][] = [
    [undefined, 5, false],
    [5, 5, true],
    [5, 5 + 30 * MINUTE - 1, true],
    [5, 5 + 30 * MINUTE, false],
  ];
  for (const [since, now, holds] of installations) {
    assertEquals(holdsInstallation(since, now), holds, `since ${since}, now ${now}`);
  }
  const networks: [bootedFor: number, waited: number, waits: boolean][] = [
    [0, 0, true],
    [5 * MINUTE - 1, 3 * MINUTE - 1, true],
    [5 * MINUTE, 0, false],
    [0, 3 * MINUTE, false],
  ];
  for (const [bootedFor, waited, waits] of networks) {
    assertEquals(waitsForNetwork(bootedFor, waited), waits, `${bootedFor}, ${waited}`);
  }
});

Deno.test("the network is up with an address and the name of a parent", () => {
  const local = ["127.0.0.1", "::1", "169.254.7.1", "fe80::1%3", "FE80::2", "::", "0.0.0.0"];
  const cases: [addresses: string[], resolved: boolean[], up: boolean][] = [
    [[], [], false],
    [local, [], false],
    [[...local, "10.0.0.7"], [], true],
    [["2001:db8::1"], [false, true], true],
    [["10.0.0.7"], [false, false], false],
    [local, [true], false],
  ];
  for (const [addresses, resolved, up] of cases) {
    assertEquals(isNetworkUp(addresses, resolved), up, `${addresses} ${resolved}`);
  }
});

/** Runs the watch on a clock that is moved by hand. */
function watching(
  given: Partial<HoldHost>,
  looks: readonly ("icinga" | "processes")[] = ["icinga"],
) {
  const clock = new ManualClock(() => new Promise((resolve) => setImmediate(resolve)));
  const state = new MainState({ thread: "main" });
  const stop = new AbortController();
  const host: HoldHost = {
    isInstalling: () => false,
    bootedFor: () => 0,
    addresses: () => ["10.0.0.7"],
    parents: () => Promise.resolve(["master"]),
    resolve: () => Promise.resolve({}),
    ...given,
  };
  const agent = {
    state,
    icinga: () =>
      looks.map((look) => ({
        ...{ daemon: "d", service: "s", dataDir: "", look },
        ...{ repair: [], mode: "act" as const },
      })),
  };
  let looked = 0;
  let changes = 0;
  state.map("Agent.Aside").onChange(() => void changes++);
  const alsoLook = () => void looked++;
  const done = watchRestartHolds({ agent, clock, host, alsoLook }, stop.signal);
  return {
    looks: () => looked,
    clock,
    keys: () => [...state.map("Agent.Aside").keys()],
    /** How often a hold was set or deleted. */
    changes: () => changes,
    stop: () => stop.abort(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
      state.close();
    },
  };
}

Deno.test("an installation is told within 250 ms, and for 30 min at most", async () => {
  let isInstalling = false;
  await using watch = watching({ isInstalling: () => isInstalling, bootedFor: () => 5 * MINUTE });
  assertEquals(watch.looks(), 1);
  await watch.clock.advance(1_000);
  assertEquals([watch.keys(), watch.looks()], [[], 5]);
  isInstalling = true;
  await watch.clock.advance(250);
  assertEquals(watch.keys(), ["installing"]);
  isInstalling = false;
  await watch.clock.advance(250);
  assertEquals(watch.keys(), []);
  isInstalling = true;
  await watch.clock.advance(30 * MINUTE);
  assertEquals(watch.keys(), ["installing"]);
  await watch.clock.advance(60_000);
  assertEquals(watch.keys(), []);
});

Deno.test("a hold is set once, and is left as it is when the agent stops", async () => {
  const resolve = () => Promise.reject(new Error("no such host"));
  await using watch = watching({ isInstalling: () => true, resolve });
  await watch.clock.advance(60_000);
  assertEquals([watch.keys().sort(), watch.changes()], [["installing", "network"], 2]);
  watch.stop();
  await watch.clock.advance(60_000);
  assertEquals(watch.keys().sort(), ["installing", "network"]);
});

Deno.test("where the mutex cannot be looked for, nothing waits", async () => {
  const isInstalling = () => {
    throw new Error("no such library");
  };
  await using watch = watching({ isInstalling });
  await watch.clock.advance(1_000);
  assertEquals(watch.keys(), []);
});

Deno.test("after a boot it is told before any thread runs, until a parent's name resolves", async () => {
  let resolves = false;
  await using watch = watching({
    resolve: () => resolves ? Promise.resolve() : Promise.reject(new Error("no such host")),
  });
  assertEquals(watch.keys(), ["network"]);
  await watch.clock.advance(60_000);
  assertEquals(watch.keys(), ["network"]);
  resolves = true;
  await watch.clock.advance(999);
  assertEquals(watch.keys(), ["network"], "it is looked each second");
  await watch.clock.advance(1);
  assertEquals(watch.keys(), []);
});

Deno.test("where no Icinga 2 is kept running nothing waits for the network", async () => {
  const resolve = () => Promise.reject(new Error("no such host"));
  const cases = [[[], []], [["processes"], []], [["processes", "icinga"], ["network"]]] as const;
  for (const [looks, keys] of cases) {
    await using watch = watching({ resolve }, looks);
    assertEquals(watch.keys(), [...keys]);
    await watch.clock.advance(60_000);
    assertEquals(watch.keys(), [...keys]);
  }
});

Deno.test("the network is waited for 3 min at most, whatever hangs or fails", async () => {
  for (const resolve of [() => Promise.reject(), () => new Promise<void>(() => {})]) {
    await using watch = watching({ resolve });
    await watch.clock.advance(3 * MINUTE - 10_000);
    assertEquals(watch.keys(), ["network"]);
    await watch.clock.advance(20_000);
    assertEquals(watch.keys(), []);
  }
  await using watch = watching({ parents: () => Promise.reject(new Error("not to be read")) });
  await watch.clock.advance(0);
  assertEquals(watch.keys(), []);
});
