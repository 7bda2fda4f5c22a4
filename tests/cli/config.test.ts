import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

async function warden(home: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", MAIN, ...args, "--home", home],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("a pool with too few places and what is harmless is a warning of config check and of run, and no error", async () => {
  const home = await Deno.makeTempDir();
  const write = (max: number) =>
    Deno.writeTextFile(
      `${home}/icinga-warden.json`,
      JSON.stringify({
        daemons: { heartbeat: { timeZone: "UTC" }, icinga_agent_service: {} },
        threadPools: { MainPool: { max } },
        control: { listen: "off" },
      }),
    );
  await write(1);
  const warning =
    /threadPools\.MainPool\.max is 1, and 2 daemons need .*; icinga_agent_service may/;
  const { code, stdout, stderr } = await warden(home, "config", "check");
  assertEquals(code, 0);
  assertMatch(stdout, /^.*icinga-warden\.json: valid; daemons: /);
  const odd = /icinga-warden\.json:1:\d+: daemons\.heartbeat\.timeZone: got "UTC"; expected "sch/;
  assertMatch(stderr, RegExp(`^Warning: .*${odd.source}.*\nWarning: ${warning.source}`));
  const { warnings } = JSON.parse((await warden(home, "config", "check", "--json")).stdout);
  assertMatch(warnings.join("\n"), RegExp(`${odd.source}.*\n${warning.source}`));
  const run = await warden(home, "run", "--foreground", "--simulate", "--for", "1s");
  assertEquals(run.code, 0);
  for (const said of [odd, warning]) {
    const lines = `${run.stdout}${run.stderr}`.split("\n").filter((line) => said.test(line));
    assertEquals(lines.length, 1);
  }
  await write(2);
  const enough = await warden(home, "config", "check", "--json");
  assertEquals([enough.code, JSON.parse(enough.stdout).warnings.length], [0, 1]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("a module with the name of a built-in daemon is a warning of config check and of its commands", async () => {
  const home = await Deno.makeTempDir();
  await Deno.mkdir(`${home}/daemons`);
  await Deno.writeTextFile(`${home}/daemons/heartbeat.js`, "");
  const warning = /heartbeat\.js: has the name of a built-in daemon, which comes first; rename the/;
  for (const typed of [["config", "check"], ["daemon", "register", "heartbeat", "file=x.json"]]) {
    const { code, stderr } = await warden(home, ...typed);
    assertEquals(code, 0, stderr);
    assertMatch(stderr, RegExp(`^Warning: .*${warning.source}`));
  }
  const { code, stdout } = await warden(home, "config", "check", "--json");
  assertMatch(JSON.parse(stdout).warnings.join(), warning);
  assertEquals(code, 0);
  await Deno.remove(home, { recursive: true });
});
