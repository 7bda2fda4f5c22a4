import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join, resolve } from "node:path";
import { UsageError } from "../../lib/cli/command.ts";
import { connectAgent, findPaths, homeFlag } from "../../lib/cli/paths.ts";
import { NotRunningError } from "../../lib/control/mod.ts";

const VARIABLE = "ICINGA_WARDEN_HOME";

/** Does something while the variable that names home has this value. */
async function withVariable(value: string, test: () => void | Promise<void>): Promise<void> {
  const before = Deno.env.get(VARIABLE);
  Deno.env.set(VARIABLE, value);
  try {
    await test();
  } finally {
    if (before === undefined) Deno.env.delete(VARIABLE);
    else Deno.env.set(VARIABLE, before);
  }
}

Deno.test("home is that of the flag, else of the variable, else beside the program", async () => {
  const [one, two] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const homeOf = (values: Record<string, string>) => findPaths({ values }).home;
  await withVariable(one, () => {
    assertEquals(homeOf({ home: two }), two);
    assertEquals(findPaths({ values: {} }), {
      ...{ home: one, configFile: join(one, "icinga-warden.json"), configNamed: false },
    });
    const { configFile, configNamed } = findPaths({ values: { config: "c.json" } });
    assertEquals([configFile, configNamed], [resolve("c.json"), true]);
  });
  await withVariable("", () => assertMatch(homeOf({}), /[\\/]\.home$/));
  await withVariable(join(one, "none"), () => {
    const variable = `ICINGA_WARDEN_HOME '${join(one, "none")}' is not a folder`;
    assertThrows(() => homeOf({}), UsageError, variable);
    const flag = `--home '${join(two, "none")}' is not a folder; name one that exists`;
    assertThrows(() => homeOf({ home: join(two, "none") }), UsageError, flag);
  });
  for (const folder of [one, two]) await Deno.remove(folder, { recursive: true });
});

Deno.test("an agent that cannot serve commands is said to run, and since when it tries", async () => {
  const home = await Deno.makeTempDir();
  const ask = () => connectAgent({ values: { home } });
  const none = await assertRejects(ask, NotRunningError);
  assertMatch(none.message, /^The agent is not running/);
  const unserved = { since: "2026-01-01T00:00:00.000Z", text: "the port is taken" };
  const record = { pid: 7, started: unserved.since, unserved };
  await Deno.writeTextFile(`${home}/icinga-warden.run.json`, JSON.stringify(record));
  const { message } = await assertRejects(ask, NotRunningError);
  assertEquals(
    message,
    `The agent cannot be asked. Process 7 has tried since ${unserved.since}: the port is taken`,
  );
  await Deno.remove(home, { recursive: true });
});

Deno.test("a home in a command to paste is in quotes where a shell would split it", () => {
  const cases: [home: string, flag: string][] = [
    ["/opt/warden", " --home /opt/warden"],
    ["C:\\Program Files\\x", ' --home "C:\\Program Files\\x"'],
    ["C:\\a&b", ' --home "C:\\a&b"'],
  ];
  for (const [home, flag] of cases) assertEquals(homeFlag(home), flag);
});
