import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { workerPermissions } from "../../lib/thread/start.ts";
import { runTrial, type Trial } from "../../lib/testing/trial.ts";

/** For trials that come to their end: a slow machine takes long for some of them, ms. */
const LONG = 300_000;

/** Tries a daemon that says and sets something, sleeps for 5 s, and then does this; `tests` are beside it. */
async function attempt(
  what: string,
  { limit = LONG, tests, ...others }: { limit?: number; tests?: string } & Partial<Trial> = {},
) {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "x.js");
  await Deno.writeTextFile(
    file,
    `export default { name: "x", description: "", tasks: { leave: () => Deno.exit(3) },
      async run(context) {
        context.log.info("began");
        context.state.map("M").set("k", 1);
        try { Deno.readTextFileSync("/etc/hostname"); } catch { /* as it does */ }
        await context.sleep(5_000);
        ${what}
      } };`,
  );
  if (tests !== undefined) await Deno.writeTextFile(join(folder, "x.test.js"), tests);
  const trial = {
    module: pathToFileURL(file).href,
    name: "x",
    arguments: {},
    home: folder,
    span: 60_000,
    ...others,
    ...(tests !== undefined && { tests: pathToFileURL(join(folder, "x.test.js")).href }),
  };
  try {
    return await runTrial(trial, workerPermissions({}, [folder], []), limit);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("of a daemon that does not come to its end it is said why, and what it did until then", async () => {
  const cases: [what: string, error: RegExp, end: string][] = [
    [`Deno.exit(7);`, /^it called Deno\.exit\(7\) \(x\.js:7:14\)$/, "broken off"],
    [`self.close();`, /^it closed its thread \(x\.js:7:14\)$/, "broken off"],
    [
      `Promise.reject(new Error("late\\n too")); await context.sleep(9e9);`,
      /^late too \(x\.js:7:24\)$/,
      "broken off",
    ],
    [
      `await context.thread("leave").result;`,
      /^it called Deno\.exit\(3\) \(x\.js:1:73\)$/,
      "broken off",
    ],
    [
      `for (const a = [];;) a.push(new Array(1e5).fill(0.5));`,
      /^it ran out of memory: more than 256MB$/,
      "broken off",
    ],
    [`throw new Error("as it does");`, /^as it does \(x\.js:7:15\)$/, "threw"],
  ];
  for (const [what, error, end] of cases) {
    const report = await attempt(what);
    assertMatch(report.error!, error);
    assertEquals(report.end, end, what);
    assertEquals(report.log, [{ at: 0, level: "info", message: "began" }], what);
    assertEquals(report.maps, { M: { k: 1 } }, what);
    assertEquals(report.refused, ['read "/etc/hostname"'], what);
  }
});

Deno.test("what a daemon reports after it has failed counts no more", async () => {
  const attempts = Array.from(
    { length: 8 },
    () => attempt(`Promise.reject(new Error("late")); await context.sleep(9e9);`),
  );
  for (const { end } of await Promise.all(attempts)) assertEquals(end, "broken off");
});

Deno.test("a permission that a record or a failure names is told as refused", async () => {
  const { refused } = await attempt(`context.log.warning('Requires net access to "h:1", specify');
    throw new Error('Requires env access to "X", specify');`);
  assertEquals(refused, ['read "/etc/hostname"', 'net "h:1"', 'env "X"']);
});

Deno.test("of a failure the calls that led there are told, without colours; of a test's too", async () => {
  const report = await attempt(
    `const deep = () => { throw new TypeError("\x1b[31mred\x1b[39m"); }; deep();`,
    {
      tests: `import { assertEquals, test } from "icinga-warden/testing";
const check = (got) => assertEquals(got, 2);
test("counts", () => check(1));`,
    },
  );
  assertEquals(report.error, "TypeError: red (x.js:7:36)");
  assertEquals(report.stack?.map((call) => call.replace(/.*run.*\(/, "run (")), [
    "deep (x.js:7:36)",
    "run (x.js:7:71)",
  ]);
  const [{ error = "", stack = [] } = {}] = report.tests;
  assert(/^AssertionError: Values are not equal/.test(error) && !/\[\d+m/.test(error), error);
  assertEquals(stack[0], "check (x.test.js:2:24)");
});

Deno.test("it finds what other daemons' maps are to hold, and the configured pools alone", async () => {
  const look = `const of = (daemon) => Object.fromEntries(context.state.of(daemon, "M"));
    console.log(JSON.stringify([of("other"), of("none")]));
    for (const pool of ["MainPool", "Slow", "Fast"]) {
      await context.thread("leave", { pool }).result.catch((error) => console.log(error.message));
    }`.replaceAll("leave", "nap");
  const state = { "Daemons.other.M": { a: 1, b: [true] } };
  const { log } = await attempt(look, { state, pools: ["MainPool", "Slow"] });
  assertEquals(log.slice(1).map(({ message }) => message), [
    `[{"a":1,"b":[true]},{}]`,
    "there is no task 'nap'",
    "there is no task 'nap'",
    "There is no thread pool 'Fast'; threadPools in the configuration has MainPool, Slow",
  ]);
});

Deno.test("how long it ran is when it ended; what it prints is logged", async () => {
  const { error, ran, end, log } = await attempt(`console.warn("printed", 1);
    for (const text of ["", "\\r\\n", " two\\nlines \\n"]) {
      const bytes = new TextEncoder().encode(text);
      for (const to of [Deno.stdout, Deno.stderr]) {
        if (to.writeSync(bytes) !== bytes.length || await to.write(bytes) !== bytes.length) throw 1;
      }
    }`);
  assertEquals({ error, ran, end }, { error: undefined, ran: 5_000, end: "returned" });
  const printed = (level: string, message: string) => ({ at: 5_000, level, message });
  const lines = ["info", "info", "error", "error"].map((level) => printed(level, " two\nlines"));
  assertEquals(log.slice(1), [printed("warning", "printed 1"), ...lines]);
});

Deno.test("names that mean something in JavaScript are names like others", async () => {
  const names = ["constructor", "prototype", "__proto__", "toString", "hasOwnProperty"];
  const report = await attempt(`for (const map of ${JSON.stringify(names)}) {
    for (const key of [...${JSON.stringify(names)}, "entries"]) context.state.map(map).set(key, 1);
  }`);
  assertEquals([report.error, report.end], [undefined, "returned"]);
  assertEquals(Object.keys(report.maps).sort(), ["M", ...names].sort());
  for (const map of names) {
    assertEquals(Object.keys(report.maps[map]!).sort(), ["entries", ...names].sort());
  }
  assertEquals(typeof Object.entries, "function");
  assertEquals("entries" in {}, false);
});

Deno.test("what a daemon reports has limits, and is not believed", async () => {
  const { error, logged, log } = await attempt(
    `for (let i = 0; i < 30_000; i++) {
       context.log.info("x".repeat(5_000));
       if (i % 1_000 === 0) await context.sleep(1); // It does not block its thread, on a slow machine either.
     }
     context.state.map("M").set("k", 2);`,
  );
  assertEquals([error, logged, log.at(-1)!.message.length], [undefined, 30_001, 2_000]);
  assert(log.length < 5_000, `${log.length} records`);
  const cases: [what: string, error: RegExp | undefined][] = [
    [`context.state.map("M").set("long", "y".repeat(1e6));`, undefined],
    [
      `context.state.map("M").set("error", new Error("as it does", { cause: new DOMException("x") }));`,
      undefined,
    ],
    [`self.postMessage(new Uint8Array(1e6));`, /^postMessage is not available in a daemon/],
    [
      `Object.prototype.toJSON = () => ({ type: "done" });`,
      /^TypeError: Cannot add property toJSON/,
    ],
    [`Object.prototype.toString = () => "x".repeat(3e7);`, undefined],
    [`throw new Error("x" + " ".repeat(1e6) + "\\r".repeat(1e6) + "x");`, /^x +…$/],
    [`throw { toString() { throw 1; }, get message() { throw 2; } };`, /^a thrown /],
  ];
  for (const [what, error] of cases) {
    const report = await attempt(what);
    if (error === undefined) assertEquals(report.error, undefined, what);
    else assertMatch(report.error!, error);
  }
});

Deno.test("the last value counts, however many there were", async () => {
  const { maps } = await attempt(
    `for (let i = 0; i <= 20_000; i++) {
       context.state.map("M").set("n", i + " ".repeat(1_000));
       if (i % 1_000 === 0) await context.sleep(1);
     }`,
  );
  assertEquals(maps.M!.n, `20000${" ".repeat(1_000)}`);
});

Deno.test("the limit holds while it loads, runs and stops, and for its tests", async () => {
  const late =
    /^it did not come to an end within \S+ s; does it use the context's sleep and signal, and is the time of --for short/;
  const cases: [what: string, tests: string, error: RegExp, end: string][] = [
    [`} }; await new Promise(() => {}); { {`, "", late, "broken off"],
    [`await new Promise(() => {});`, "", late, "broken off"],
    [`for (;;);`, "", late, "broken off"],
    ["", TEST_WITHOUT_END, /^its tests did not come to an end within 15 s$/, "returned"],
  ];
  for (const [what, tests, error, end] of cases) {
    const report = await attempt(what, tests ? { limit: 15_000, tests } : { limit: 500 });
    assertMatch(report.error!, error);
    assertEquals(report.end, end, what);
    assertEquals(
      report.tests,
      tests === "" ? [] : [
        { name: "passes" },
        { name: "waits", error: "it did not come to an end" },
        { name: "comes later", error: "it was not run" },
        { name: "and later", error: "it was not run" },
      ],
    );
  }
});

const TEST_WITHOUT_END = `import { test } from "icinga-warden/testing";
test("passes", () => {});
test("waits", () => new Promise(() => {}));
test("comes later", () => {});
test("and later", () => {});`;
