import { assert, assertEquals, assertMatch } from "@std/assert";
import { replaceFile } from "../../lib/base/mod.ts";
import { MainState, type PublicState, StateFile } from "../../lib/state/mod.ts";
import { readSaved, writeMap, writeSaved } from "../../lib/state/saved.ts";

/** A folder with a state and its file; time stands still unless `pass` moves it. */
async function opened<T>(
  folder: string,
  use: (parts: {
    state: PublicState;
    warnings: string[];
    pass: (ms: number) => void;
    save: () => Promise<void>;
    close: () => Promise<void>;
  }) => Promise<T> | T,
  limit?: number,
): Promise<T> {
  const warnings: string[] = [];
  const timers: { at: number; run: () => void }[] = [];
  let now = 0;
  const state = new MainState({ thread: "main" });
  const file = StateFile.open(state, {
    path: `${folder}/state.json`,
    write: replaceFile,
    onWarning: (warning) => warnings.push(warning),
    onTrouble: (trouble) => warnings.push(trouble ?? "saved again"),
    ...limit && { limit },
    clock: {
      now: () => now,
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => timer.run = () => {};
      },
      atTurnsEnd: () => {},
    },
  });
  const pass = (ms: number) => {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.run();
    }
  };
  const close = async () => {
    await file.close();
    state.close();
  };
  try {
    return await use({ state, warnings, pass, save: () => file.save(), close });
  } finally {
    await close();
  }
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function saved(folder: string): Promise<Record<string, unknown>> {
  const maps = readSaved(await Deno.readTextFile(`${folder}/state.json`));
  return Object.fromEntries([...maps].map(([path, map]) => [path, Object.fromEntries(map)]));
}

/** Waits for the file to hold something. */
async function untilSaved(folder: string, expected: unknown): Promise<void> {
  for (const end = Date.now() + 60_000;;) {
    const held = await saved(folder).catch(() => undefined);
    if (JSON.stringify(held) === JSON.stringify(expected)) return;
    if (Date.now() > end) assertEquals(held, expected);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("what is persistent is given back at the next start, and nothing else", () =>
  inFolder(async (folder) => {
    await opened(folder, ({ state }) => {
      state.map("Kept", { persistent: true }).set("x", 1).set("__proto__", { a: [1, null] });
      state.map("Kept").increment("n");
      state.map("Lost", { open: true }).set("x", 1);
    });
    assertEquals(names(folder), ["state.json"]);
    await opened(folder, ({ state, warnings }) => {
      assertEquals([...state.map("Kept")], [["x", 1], ["__proto__", { a: [1, null] }], ["n", 1]]);
      assertEquals(state.map("Lost").size, 0);
      assertEquals(state.persistentPaths(), ["Kept"]);
      assertEquals(state.map("Kept").increment("n"), 2);
      assertEquals(warnings, []);
    });
  }));

Deno.test("values come back as they were, also those that JSON has no words for", () => {
  const cyclic: unknown[] = [1];
  cyclic.push(cyclic);
  const values = new Map<string, unknown>(Object.entries({
    ...{ undefined, nan: NaN, infinite: -Infinity, minus: [-0], big: 2n ** 70n },
    ...{ date: new Date(5), map: new Map([[{ a: 1 }, new Set(["x"])]]), bytes: new Uint8Array(3) },
    ...{ cyclic, clone: { $clone: "AAA" }, inside: { a: [{ b: undefined }] }, hole: [, 1] },
    ...{ text: "\ud800\u2028", nothing: null, yes: true, plain: { a: { b: [1, "2"] } } },
    ...{ proto: JSON.parse('{"__proto__": {"x": 1}}') },
  }));
  const text = writeSaved(new Map([["M", writeMap(values)]]), new Date(0));
  const back = readSaved(text).get("M")!;
  assertEquals([...back.keys()], [...values.keys()]);
  for (const [key, value] of values) {
    assertEquals(back.get(key), value);
    assertEquals(Deno.inspect(back.get(key)), Deno.inspect(value));
  }
  assert(text.includes('"plain":{"a":{"b":[1,"2"]}}'));
});

Deno.test("without persistent maps there is no file", () =>
  inFolder(async (folder) => {
    await opened(folder, ({ state }) => void state.map("M", { open: true }).set("x", 1));
    assertEquals(names(folder), []);
  }));

Deno.test("a change is saved at once, and the next ones together a second later", () =>
  inFolder((folder) =>
    opened(folder, async ({ state, pass }) => {
      const map = state.map("M", { persistent: true }).set("x", 1);
      pass(0);
      await untilSaved(folder, { M: { x: 1 } });
      map.set("x", 2);
      pass(900);
      map.set("x", 3);
      pass(99);
      assertEquals(await saved(folder), { M: { x: 1 } });
      pass(1);
      await untilSaved(folder, { M: { x: 3 } });
      state.map("Late").set("y", 1);
      pass(5_000);
      state.map("Late", { persistent: true });
      pass(0);
      await untilSaved(folder, { Late: { y: 1 }, M: { x: 3 } });
    })
  ));

Deno.test("whoever asks for it has all changes saved without a wait", () =>
  inFolder((folder) =>
    opened(folder, async ({ state, pass, save }) => {
      const map = state.map("M", { persistent: true }).set("x", 1);
      pass(0);
      await untilSaved(folder, { M: { x: 1 } });
      map.set("x", 2);
      await save();
      assertEquals(await saved(folder), { M: { x: 2 } });
      await Deno.remove(`${folder}/state.json`);
      await save();
      assertEquals(names(folder), [], "nothing has changed");
    })
  ));

const DAMAGED = {
  "half a file": '{"format":1,"maps":{"M":{"x":',
  "an empty file": "",
  "zeros": "\0".repeat(100),
  "another file": '"hello"',
  "a later format": '{"format":99,"maps":{}}',
  "a map that is none": '{"format":1,"maps":{"M":[1]}}',
  "a value that cannot be read": '{"format":1,"maps":{"M":{"x":{"$clone":"####"}}}}',
  "a value of other bytes": '{"format":1,"maps":{"M":{"x":{"$clone":"AAAA"}}}}',
};

for (const [name, text] of Object.entries(DAMAGED)) {
  Deno.test(`a damaged file is set aside with one warning: ${name}`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/state.json`, text);
      await opened(folder, ({ state, warnings }) => {
        assertEquals(warnings.length, 1);
        assertMatch(warnings[0]!, /state\.json is damaged \(.+\); it was set aside as .*damaged-/);
        assertEquals(state.map("M").size, 0);
        state.map("M", { persistent: true }).set("x", "new");
      });
      const [file, aside] = names(folder);
      assertEquals(file, "state.json");
      assertEquals(await Deno.readTextFile(`${folder}/${aside}`), text);
      assertEquals(await saved(folder), { M: { x: "new" } });
    }));
}

Deno.test("what cannot be read is left alone, and nothing is saved over it", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/state.json`);
    await opened(folder, ({ state, warnings, pass }) => {
      state.map("M", { persistent: true }).set("x", 1);
      pass(60_000);
      assertEquals(warnings.length, 1);
      assertMatch(warnings[0]!, /^Cannot read the saved state .*, and saves none: /);
    });
    assertEquals(names(folder), ["state.json"]);
  }));

Deno.test("a save that took long is followed by a rest of twenty times as long", async () => {
  const state = new MainState({ thread: "main" });
  const timers: { ms: number; run: () => void }[] = [];
  const written: string[] = [];
  let now = 0;
  const file = StateFile.open(state, {
    path: "/not/there/state.json",
    write: (_, text) => Promise.resolve(void written.push(text)),
    onWarning: () => {},
    onTrouble: () => {},
    clock: {
      now: () => now += 100, // So long it takes from one look at the clock to the next.
      after: (ms, run) => (timers.push({ ms, run }), () => {}),
      atTurnsEnd: () => {},
    },
  });
  const map = state.map("M", { persistent: true }).set("x", 1);
  timers[0]!.run();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(written.length, 1);
  map.set("x", 2);
  assertEquals(timers.map(({ ms }) => ms), [0, 2_000 - 200]);
  await file.close();
  state.close();
});

/** Waits until so many things were told, 60 s at most. */
async function untilTold(warnings: readonly string[], count: number): Promise<void> {
  for (const end = Date.now() + 60_000; warnings.length < count && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("a save that fails is said once, and tried again until it succeeds", () =>
  inFolder((folder) =>
    opened(`${folder}/later`, async ({ state, warnings, pass }) => {
      state.map("M", { persistent: true }).set("x", 1);
      pass(0);
      await untilTold(warnings, 1);
      await Deno.mkdir(`${folder}/later`);
      state.map("M").set("x", 2);
      pass(10_000);
      await untilSaved(`${folder}/later`, { M: { x: 2 } });
      await untilTold(warnings, 2);
      assertEquals(warnings.slice(1), ["saved again"]);
      assertMatch(warnings[0]!, /^Cannot save the state to .*state\.json: /);
    })
  ));

Deno.test("maps beyond the file's limit are left out, the largest first, with one warning", () =>
  inFolder((folder) =>
    opened(folder, async ({ state, warnings, pass }) => {
      const [small, large, larger] = ["Small", "Large", "Larger"].map((path) =>
        state.map(path, { persistent: true })
      );
      small!.set("x", 1);
      large!.set("x", "x".repeat(500));
      larger!.set("x", "x".repeat(5_000));
      pass(0);
      await untilSaved(folder, { Large: { x: "x".repeat(500) }, Small: { x: 1 } });
      small!.set("x", 2);
      pass(1_000);
      await untilSaved(folder, { Large: { x: "x".repeat(500) }, Small: { x: 2 } });
      assertEquals(warnings, ["The state is too large to be saved without leaving out Larger"]);
      larger!.clear();
      pass(1_000);
      await untilSaved(folder, { Large: { x: "x".repeat(500) }, Larger: {}, Small: { x: 2 } });
      await untilTold(warnings, 2);
      assertEquals(warnings.slice(1), ["saved again"]);
    }, 1_000)
  ));

Deno.test("what could not be saved is saved when that is asked for, not only when it is tried again", async () => {
  const state = new MainState({ thread: "main" });
  const written: string[] = [];
  const told: unknown[] = [];
  let isFull = true;
  const file = StateFile.open(state, {
    path: "/not/there/state.json",
    write: (_, text) =>
      isFull ? Promise.reject(new Error("full")) : Promise.resolve(void written.push(text)),
    onWarning: () => {},
    onTrouble: (trouble) => told.push(trouble),
    clock: { now: () => 0, after: () => () => {}, atTurnsEnd: () => {} },
  });
  state.map("M", { persistent: true }).set("x", 1);
  await file.save();
  await file.save();
  assertEquals(told, ["Cannot save the state to /not/there/state.json: full"]);
  isFull = false;
  await file.close();
  assertEquals(written.map((text) => [...readSaved(text).keys()]), [["M"]]);
  assertEquals(told.length, 2);
  state.map("M").set("x", 2);
  state.map("N", { persistent: true });
  await file.save();
  assertEquals(written.length, 1, "a file that is closed does not follow the state");
  state.close();
});
