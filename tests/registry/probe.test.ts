import { assert, assertEquals, assertMatch, fail } from "@std/assert";
import { join } from "node:path";
import { within } from "../../lib/base/mod.ts";
import { probeModule } from "../../lib/registry/probe.ts";

/** Writes modules into a folder of its own. */
async function inFolder(
  files: Record<string, string>,
  test: (path: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "daemons ä " });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text);
  }
  try {
    await test((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const hasEnded = (ended: Promise<void>) =>
  within(ended, { ms: 30_000, late: () => fail("its worker is left") });

const GOOD = `import { defineDaemon } from "icinga-warden/daemon";
import { text } from "./help.js";
export default defineDaemon({
  name: "good",
  description: text,
  arguments: { even: { type: "string", description: "even", check: (t) => t.length % 2 ? "expected an even text" : undefined } },
  permissions: { read: ["{even}"] },
  maps: { Free: { description: "bytes" } },
  run: () => {},
});`;

Deno.test("a good module is described, and arguments are held against it", async () => {
  await inFolder({ "good.js": GOOD, "help.js": `export const text = "helps";` }, async (path) => {
    assertEquals(await probeModule(path("good.js"), { even: "ab" }), {
      description: {
        name: "good",
        description: "helps",
        arguments: { even: { type: "string", description: "even" } },
        permissions: { read: ["{even}"] },
        maps: { Free: { description: "bytes" } },
        tasks: [],
      },
      argumentProblems: [],
      argumentWarnings: [],
    });
    const odd = await probeModule(path("good.js"), { even: "abc" });
    assert("argumentProblems" in odd);
    assertEquals(odd.argumentProblems, [
      { path: ["even"], value: "abc", expected: "expected an even text" },
    ]);
  });
});

Deno.test("what arguments are warned of comes apart from what is wrong with them", async () => {
  const text = `export default { name: "w", run() {}, arguments: { n: { type: "number", default: 1,
    checkTogether: ({ n }) => n < 0 ? "expected more" : { warning: "expected an even one" } } } };`;
  await inFolder({ "w.js": text }, async (path) => {
    const said = async (n: number) => {
      const probed = await probeModule(path("w.js"), { n });
      assert("argumentProblems" in probed);
      return [probed.argumentProblems, probed.argumentWarnings];
    };
    assertEquals(await said(1), [[], [
      { path: ["n"], value: 1, expected: "expected an even one" },
    ]]);
    assertEquals(await said(-1), [[{ path: ["n"], value: -1, expected: "expected more" }], []]);
  });
});

Deno.test("each bad module is one clear line with its file and place", async () => {
  const cases: [name: string, text: string, problem: RegExp][] = [
    ["syntax.js", "\nexport default { name: ;", /syntax\.js:2:24: \w.*(;|expected)/],
    [
      "throws.js",
      `const x = 1;\nthrow new Error("as it does");`,
      /throws\.js:2:7: as it does \(thrown/,
    ],
    [
      "odd_throw.js",
      `throw { no: "error" };`,
      /odd_throw\.js: threw \{ no: "error" \} while loading/,
    ],
    [
      "missing.js",
      `import "./gone.js";`,
      /missing\.js:1:8: cannot find .*gone\.js, which it imports/,
    ],
    [
      "bare.js",
      `import "lodash";`,
      /bare\.js:1:8: cannot import "lodash"; known: icinga-warden\/daemon/,
    ],
    ["no_name.js", `import { no } from "./other.js";`, /no_name\.js:1:10: .*'no'/],
    ["none.js", `export const x = 1;`, /none\.js: has no default export; expected export default/],
    ["number.js", `export default 42;`, /number\.js: its default export is a number; expected/],
    [
      "other.js",
      `export default { name: "x", description: "", run() {} };`,
      /other\.js: name: got "x"; expected "other", the name of its file/,
    ],
    [
      "curious.js",
      `Deno.readTextFileSync("/etc/hostname");`,
      /curious\.js:1:6: Requires read access to/,
    ],
    ["quits.js", `Deno.exit(7);`, /quits\.js: it called Deno\.exit\(7\) \(while/],
    ["closes.js", `close();`, /closes\.js: it closed its thread \(while/],
    ["mute.js", `throw { get message() { throw 1; } };`, /mute\.js: threw something that cannot/],
    [
      "proxy.js",
      `export default new Proxy({}, { get() { throw new Error("as it\\ndoes"); } });`,
      /proxy\.js: its default export cannot be read: as it does$/,
    ],
    ["thenable.js", `export function then() { throw 1; }`, /thenable\.js: threw 1 while loading$/],
    [
      "rejects.js",
      `Promise.reject(new Error("as it\\n  does")); await new Promise(() => {});`,
      /rejects\.js: as it does \(while it was loaded\)$/,
    ],
    [
      "timer.js",
      `setTimeout(() => { throw new Error("late"); }); await new Promise(() => {});`,
      /timer\.js: late \(while/,
    ],
    [
      "web.js",
      `import "https://nowhere.example/x.js";`,
      /web\.js:1:8: cannot import "https:\/\/nowhere\.example\/x\.js": a daemon imports no packages/,
    ],
    ["jsr.js", `import "jsr:@x/y";`, /jsr\.js:1:8: cannot import "jsr:@x\/y": a daemon imports no/],
    ["gone.js", "", /gone\.js: has no default export/],
  ];
  const files = Object.fromEntries(cases.map(([name, text]) => [name, text]));
  delete files["gone.js"];
  await inFolder(files, async (path) => {
    for (const [name, , problem] of cases.slice(0, -1)) {
      const probed = await probeModule(path(name), {}, { limit: 10_000 });
      assert("problem" in probed, name);
      assertMatch(probed.problem, problem);
      assertEquals(probed.problem.includes("\n"), false, probed.problem);
      assertEquals(probed.problem.startsWith(path("")), true, probed.problem);
    }
  });
});

Deno.test("what a module posts or does to its worker is no answer of the probe", async () => {
  const rest = (name: string) => `export default { name: "${name}", description: "", run() {} };`;
  const posted = ["hello", null, [], { ok: true }, { name: "p" }, { definition: {} }, {
    problem: "none",
  }];
  await inFolder({}, async (path) => {
    for (const message of posted) {
      const text = `postMessage(${JSON.stringify(message)}); ${rest("p")}`;
      await Deno.writeTextFile(path("p.js"), text);
      assertEquals(await probeModule(path("p.js"), {}), {
        problem: `${
          path("p.js")
        }:1:1: postMessage is not available in a daemon: share values by context.state (thrown while it was loaded)`,
      });
    }
    const tampering: [text: string, problem: RegExp][] = [
      [`Object.prototype.toJSON = () => null;`, /p\.js:1:\d+: Cannot add property toJSON/],
      [`MessagePort.prototype.postMessage = () => {};`, /p\.js:1:\d+: Cannot assign to read only/],
      [`Array.prototype.flatMap = () => { throw 1; };`, /p\.js: /],
    ];
    for (const [text, problem] of tampering) {
      await Deno.writeTextFile(path("p.js"), `${text} ${rest("p")}`);
      const probed = await probeModule(path("p.js"), {});
      assert("problem" in probed, text);
      assertMatch(probed.problem, problem);
    }
    // It says one name while it is checked, and another one while it is described.
    await Deno.writeTextFile(
      path("p.js"),
      `export default { get name() {
        return new Error().stack.includes("describeDefinition") ? "Evil" : "p";
      }, run() {} };`,
    );
    const probed = await probeModule(path("p.js"), {});
    assert("problem" in probed);
    assertMatch(
      probed.problem,
      /p\.js: cannot be examined: it describes no daemon: name: got "Evil"/,
    );
    await Deno.writeTextFile(
      path("p.js"),
      `self.onmessage = () => {}; ${rest("p")}`,
    );
    assert("description" in await probeModule(path("p.js"), {}));
  });
});

Deno.test("what a module says costs the main thread little, however long it is", async () => {
  const blanks = `"x" + " ".repeat(1e6) + "\\r".repeat(1e6) + "x"`;
  const cases: [text: string, problem: RegExp][] = [
    [`export default { get name() { throw new Error(${blanks}); } };`, /its default export cannot/],
    [`export default { get name() { throw ${blanks}; } };`, /its default export cannot be read/],
    [
      `reportError(new Error(${blanks})); await new Promise(() => {});`,
      /: x .*\(while it was loaded\)$/,
    ],
    [`setTimeout(() => { throw ${blanks}; }); await new Promise(() => {});`, /a thrown x/],
    [`export default { name: "p", description: "d".repeat(1e8), run() {} };`, /at most 1000 char/],
  ];
  await inFolder({}, async (path) => {
    for (const [text, problem] of cases) {
      await Deno.writeTextFile(path("p.js"), text);
      const probed = await probeModule(path("p.js"), {});
      assert("problem" in probed);
      assertMatch(probed.problem, problem);
      assert(probed.problem.length < 4_500, `${probed.problem.length} characters`);
    }
  });
});

Deno.test("problems of arguments are few, and their values are those that were given", async () => {
  const text = `export default { name: "p", arguments: { list: { type: "list", description: "",
    check: () => "y".repeat(1e5) } }, run() {} };`;
  await inFolder({ "p.js": text }, async (path) => {
    const list = Array.from({ length: 50 }, (_, i) => `item ${i}`);
    const probed = await probeModule(path("p.js"), { list });
    assert("problem" in probed, "2 MB of text are no answer");
    assertMatch(probed.problem, /p\.js: declares more than 262144 characters/);
    await Deno.writeTextFile(path("p.js"), text.replace("1e5", "5e3"));
    const judged = await probeModule(path("p.js"), { list });
    assert("argumentProblems" in judged);
    assertEquals(judged.argumentProblems.length, 20);
    const { path: place, value, expected } = judged.argumentProblems[1]!;
    assertEquals([place, value, expected.length], [["list", "1"], "item 1", 4_000]);
  });
});

Deno.test("a pipe is not opened, be it the module or what it imports", async () => {
  if (Deno.build.os === "windows") return;
  await inFolder({ "x.js": `import "./pipe.js";` }, async (path) => {
    await new Deno.Command("mkfifo", { args: [path("pipe.js")] }).output();
    const problem = `${path("pipe.js")}: is a device or a pipe; expected a daemon's module`;
    assertEquals(await probeModule(path("pipe.js"), {}), { problem });
    assertEquals(await probeModule(path("x.js"), {}), { problem });
  });
});

Deno.test("UTF-16 is named with what to do, be it the module's or what it imports", async () => {
  const text = `import { x } from "./gone.js"; export default { name: "x", run() {} };`;
  const units = new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer);
  const swapped = units.map((_, i) => units[i ^ 1]!);
  const files = [[0xff, 0xfe, ...units], [0xfe, 0xff, ...swapped], [...units], [...swapped]];
  await inFolder({ "y.js": `import "./x.js"; ${text}` }, async (path) => {
    for (const bytes of files) {
      await Deno.writeFile(path("x.js"), Uint8Array.from(bytes));
      const problem = `${path("x.js")}: is UTF-16 text; save the file as UTF-8`;
      assertEquals(await probeModule(path("x.js"), {}), { problem });
      assertEquals(await probeModule(path("y.js"), {}), { problem });
    }
    const good = text.replace(/.*?;/, "");
    await Deno.writeTextFile(path("x.js"), `\ufeff${good}`);
    assert("description" in await probeModule(path("x.js"), {}), "UTF-8 with its mark");
  });
});

Deno.test("a module that is not there is said to be so", async () => {
  await inFolder({}, async (path) => {
    const probed = await probeModule(path("gone.js"), {});
    assertEquals(probed, {
      problem: `${path("gone.js")}: is not there; expected a daemon's module`,
    });
  });
});

Deno.test("the limit of a module counts from when its worker has started", async () => {
  await inFolder({ "good.js": GOOD, "help.js": `export const text = "helps";` }, async (path) => {
    const probed = await probeModule(path("good.js"), {}, { startLimit: 0 });
    assert("ended" in probed);
    assertEquals(
      probed.problem,
      `${path("good.js")}: cannot be examined: its worker did not start within 0 s`,
    );
    await hasEnded(probed.ended!);
  });
});

const ENDLESS: [what: string, text: string, ends: boolean][] = [
  ["spins", "for (;;);", false],
  ["waits", "await new Promise(() => {});", true],
  ["computes for long", "for (const start = Date.now(); Date.now() - start < 2_000;);", true],
];
for (const [what, text, ends] of ENDLESS) {
  Deno.test({
    name: `a module that ${what} at its top is given up, and it is known when its worker has ended`,
    // A worker that spins stays, and its port with it; Deno 2.7.11 takes that for a leak.
    sanitizeResources: ends,
    sanitizeOps: ends,
    fn: async () => {
      await inFolder({ "slow.js": text }, async (path) => {
        const probed = await probeModule(path("slow.js"), {}, { limit: 500 });
        assert("ended" in probed);
        assertMatch(probed.problem, /slow\.js: did not load within 0\.5 s; .* belongs in run\(\)$/);
        if (ends) await hasEnded(probed.ended!);
      });
    },
  });
}
