import { assertEquals } from "@std/assert";
import { allPaths, findInState, isWatched, mapsAt, watchedPaths } from "../../lib/control/find.ts";
import { stateOf } from "./state.ts";

const state = stateOf({
  "Agent.Info": { pid: 1 },
  "Agent.Threads": { "disk.x::run::Main::0": { state: "running", lastError: { at: "now" } } },
  "Daemons.disk.Free": {
    ...{ "C:\\a.b": 10, "C:\\a": { b: 20 }, zero: 0, no: false, none: undefined },
    ...{ "D:\\a": { b: { c: 1 } }, "D:\\a.b": { c: 2 } },
  },
  "Daemons.disk.Empty": {},
  "Daemons.other.Free": { x: 1 },
});

function valueAt(path: string): unknown {
  const found = findInState(state, path);
  return found?.kind === "value" ? found.value : found?.kind;
}

Deno.test("a value is found by its whole path and by the short one", () => {
  assertEquals(findInState(state, "disk.Free.zero"), {
    ...{ kind: "value", path: "Daemons.disk.Free.zero", value: 0 },
  });
  assertEquals(valueAt("Daemons.disk.Free.no"), false);
  assertEquals(valueAt("Agent.Info.pid"), 1);
  assertEquals(valueAt("disk.Free.none"), null);
});

Deno.test("keys may hold dots, and after a key dots lead into its value", () => {
  assertEquals(valueAt("disk.Free.C:\\a.b"), 10); // the longest key goes first
  assertEquals(valueAt("disk.Free.D:\\a.b.c"), 2);
  assertEquals(valueAt("Agent.Threads.disk.x::run::Main::0.state"), "running");
  assertEquals(valueAt("Agent.Threads.disk.x::run::Main::0.lastError.at"), "now");
});

Deno.test("the beginning of a path is a map, or many", () => {
  assertEquals(findInState(state, "other.Free"), {
    ...{ kind: "map", path: "Daemons.other.Free", entries: { x: 1 } },
  });
  const below = findInState(state, "disk");
  assertEquals(below?.kind === "maps" && Object.keys(below.maps), ["Daemons.disk.Free"]);
  const all = findInState(state, "");
  assertEquals(all?.kind === "maps" && Object.keys(all.maps).length, 4);
});

Deno.test("what is not there is not found, nor what objects inherit", () => {
  for (
    const path of [
      ...["nothing", "disk.Free.nothing", "disk.Free.zero.toString", "dis", "disk.", "."],
      ...["disk.Empty", "disk.Free.C:\\a.constructor", "__proto__", "disk.Free.__proto__"],
    ]
  ) {
    assertEquals(findInState(state, path), undefined, path);
  }
});

Deno.test("a watcher is told of what lies at its path and below", () => {
  const watched = watchedPaths("disk.Free");
  assertEquals(isWatched("Daemons.disk.Free.zero", watched), true);
  assertEquals(isWatched("Daemons.disk.Freedom.x", watched), false);
  assertEquals(isWatched("Agent.Info.pid", watched), false);
  assertEquals(isWatched("anything", watchedPaths("")), true);
  assertEquals(mapsAt(state, watchedPaths("disk.Free.zero")), { "Daemons.disk.Free": { zero: 0 } });
});

Deno.test("every path is there for completion", () => {
  assertEquals(allPaths(state).filter((path) => path.startsWith("Daemons.other")), [
    "Daemons.other.Free",
    "Daemons.other.Free.x",
  ]);
});
