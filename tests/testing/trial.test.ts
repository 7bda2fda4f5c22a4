import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { workerPermissions } from "../../lib/supervisor/permissions.ts";
import { runTrial } from "../../lib/testing/trial.ts";

/** Tries a daemon that says and sets something, sleeps for 5 s, and then does this. */
async function attempt(what: string) {
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
  const trial = {
    ...{ module: pathToFileURL(file).href, name: "x", arguments: {}, home: folder },
    span: 60_000,
  };
  try {
    return await runTrial(trial, workerPermissions({}, folder, []));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("of a daemon that does not come to its end it is said why, and what it did until then", async () => {
  const cases: [what: string, error: RegExp, end: string][] = [
    [`Deno.exit(7);`, /^it called Deno\.exit\(7\)$/, "broken off"],
    [`self.close();`, /^it closed its thread$/, "broken off"],
    [
      `Promise.reject(new Error("late\\n too")); await context.sleep(9e9);`,
      /^late too$/,
      "broken off",
    ],
    [`await context.thread("leave").result;`, /^it called Deno\.exit\(3\)$/, "broken off"],
    [
      `for (const a = [];;) a.push(new Array(1e5).fill(0.5));`,
      /^it ran out of memory/,
      "broken off",
    ],
    [`throw new Error("as it does");`, /^as it does$/, "threw"],
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

Deno.test("how long it ran is when it ended; what it prints is logged", async () => {
  const { error, ran, end, log } = await attempt(`console.warn("printed", 1);`);
  assertEquals({ error, ran, end }, { error: undefined, ran: 5_000, end: "returned" });
  assertEquals(log[1], { at: 5_000, level: "warning", message: "printed 1" });
});
