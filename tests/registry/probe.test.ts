import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
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
    });
    const odd = await probeModule(path("good.js"), { even: "abc" });
    assert("argumentProblems" in odd);
    assertEquals(odd.argumentProblems, [
      { path: ["even"], value: "abc", expected: "expected an even text" },
    ]);
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
      `export default { name: "x", run() {} };`,
      /other\.js: name: got "x"; expected "other"/,
    ],
    [
      "curious.js",
      `Deno.readTextFileSync("/etc/hostname");`,
      /curious\.js:1:6: Requires read access to/,
    ],
    ["quits.js", `Deno.exit(7);`, /quits\.js: /],
    ["gone.js", "", /gone\.js: has no default export/],
  ];
  const files = Object.fromEntries(cases.map(([name, text]) => [name, text]));
  delete files["gone.js"];
  await inFolder(files, async (path) => {
    for (const [name, , problem] of cases.slice(0, -1)) {
      const probed = await probeModule(path(name), {}, 10_000);
      assert("problem" in probed, name);
      assertMatch(probed.problem, problem);
      assertEquals(probed.problem.includes("\n"), false, probed.problem);
      assertEquals(probed.problem.startsWith(path("")), true, probed.problem);
    }
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

for (const [what, text] of [["spins", "for (;;);"], ["waits", "await new Promise(() => {});"]]) {
  Deno.test(`a module that ${what} for ever at its top is given up`, async () => {
    await inFolder({ "slow.js": text! }, async (path) => {
      const probed = await probeModule(path("slow.js"), {}, 500);
      assert("problem" in probed);
      assertMatch(probed.problem, /slow\.js: did not load within 0\.5 s; .* belongs in run\(\)$/);
    });
  });
}
