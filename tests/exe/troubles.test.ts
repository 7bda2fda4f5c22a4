import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EXE, testExe } from "./program.ts";
import { tellSkipped } from "../skipped.ts";

const CONFIGURATION = `{ "control": { "listen": "127.0.0.1:0" } }`;

const ADDRESS = /served on (http:\/\/127\.0\.0\.1:\d+)\//;

testExe("what the agent cannot do is a warning of the verdict until it can", async (bench) => {
  await bench.write("icinga-warden.json", CONFIGURATION);
  const log = `${bench.home}/logs/icinga-warden.log`;
  await Deno.mkdir(`${bench.home}/logs`);
  await Deno.symlink("/dev/full", log);
  await Deno.mkdir(`${bench.home}/state.json`);
  const agent = bench.start("run", "--foreground", "--simulate", "--scenario", "crash=1h");
  const [, base] = ADDRESS.exec(await agent.printed(ADDRESS))!;
  await agent.printed(/Service 'icinga2' is RUNNING/);
  const check = await bench.run("check");
  assertMatch(
    check.stdout,
    /^WARNING: Cannot write \S.*icinga-warden\.log: no space is left on the disk; \d+ records? waits? in memory \(since \S+Z\), Cannot read the saved state \S.*, and saves none: .* \(since \S+Z\) \|/,
  );
  assertEquals(check.code, 1);
  assertStringIncludes((await bench.run("status")).stdout, "; Cannot read the saved state ");
  const paused = await bench.run("pause", "--service", "icinga2", "1h");
  assertEquals(paused.code, 0);
  assertMatch(paused.stderr, /: The pause will end with the agent: Cannot read the saved state /);
  assertEquals((await bench.run("resume", "--service", "icinga2")).stderr, "");
  const token = (await Deno.readTextFile(`${bench.home}/monitor.token`)).trim();
  const headers = { authorization: `Bearer ${token}` };
  const metrics = await (await fetch(`${base}/metrics`, { headers })).text();
  for (const [kind, value] of [["log", 1], ["state", 1], ["lock", 0]]) {
    assertStringIncludes(metrics, `icinga_warden_trouble{kind="${kind}"} ${value}\n`);
  }
  await Deno.remove(log);
  await agent.printed(/It works again\. Since \S+Z: Cannot write /);
  assertMatch((await bench.run("check")).stdout, /^WARNING: Cannot read the saved state [^|]* \|/);
  const text = await bench.log();
  assertMatch(text, /: Started icinga-warden(.|\n)*Cannot write (.|\n)*'icinga2' is RUNNING/);
});

testExe("an agent that may not open the lock of its home refuses to run", async (bench) => {
  if (Deno.uid() !== 0) {
    return tellSkipped("a lock of another account", "only root can run a program as another one");
  }
  await bench.write("icinga-warden.json", CONFIGURATION);
  const agent = bench.start("run", "--foreground", "--simulate");
  await agent.printed(/Started/);
  await Deno.chmod(bench.home, 0o755);
  const { code, stderr } = await new Deno.Command(EXE, {
    args: ["run", "--foreground", "--simulate", "--home", bench.home],
    uid: 65_534,
    cwd: "/",
  }).output();
  assertMatch(
    new TextDecoder().decode(stderr),
    /Cannot open .*icinga-warden\.lock: access is denied; an agent of another account may run there\. Start this one with that account/,
  );
  assertEquals(code, 1);
  agent.signal("SIGTERM");
  await agent.ended;
  assertEquals(/did not stop cleanly/.test(await bench.log()), false);
});

testExe("from 70 % of its handles on the verdict is a warning", async (bench) => {
  const daemons = { many: { module: "many.js" } };
  const control = { listen: "127.0.0.1:0" };
  await bench.write("icinga-warden.json", JSON.stringify({ daemons, control }));
  await bench.write("many.js", MANY);
  const agent = bench.start("run", "--foreground", "--simulate");
  const [, pid = ""] = /process (\d+)/.exec(await agent.printed(/, process (\d+)\n/))!;
  await agent.printed(/many::stay::Main::18: up/);
  const limit = Math.floor([...Deno.readDirSync(`/proc/${pid}/fd`)].length / 0.75);
  const limited = ["--pid", pid, `--nofile=${limit}`];
  assertEquals((await new Deno.Command("prlimit", { args: limited }).output()).code, 0);
  await agent.printed(new RegExp(`\\[WARNING\\] agent: Of the ${limit} handles `));
  assertStringIncludes((await bench.run("check")).stdout, `Of the ${limit} handles `);
});

/** Its child threads stay. */
const MANY = `export default {
  name: "many",
  tasks: { stay: (context) => { context.log.info("up"); return context.every(1_000, () => {}); } },
  async run(context) {
    for (let n = 0; n < 20; n++) context.thread("stay");
    await context.every(1_000, () => {});
  },
};`;

testExe("while the agent has no port the commands say why and since when", async (bench) => {
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr as Deno.NetAddr;
  const listen = `127.0.0.1:${port}`;
  await bench.write("icinga-warden.json", JSON.stringify({ control: { listen } }));
  const agent = bench.start("run", "--foreground", "--simulate");
  await agent.printed(/\[ERROR\] agent: Cannot serve commands on /);
  const said =
    /The agent cannot be asked\. Process \d+ has tried since 20\S+Z: Cannot serve commands on 127\.0\.0\.1:\d+: another program has it; name a free port/;
  const status = await bench.run("status");
  assertMatch(status.stderr, said);
  assertEquals(status.code, 3);
  const check = await bench.run("check");
  assertMatch(check.stdout, new RegExp(`^UNKNOWN: ${said.source}`));
  assertEquals(check.code, 3);
  other.close();
  await agent.printed(/It works again\. Since 20\S+Z: Cannot serve commands on /);
  assertEquals((await bench.run("check")).code, 0);
  agent.signal("SIGTERM");
  await agent.ended;
  assertMatch((await bench.run("status")).stderr, /The agent is not running/);
});

testExe("files of the agent that somebody removes are made again", async (bench) => {
  await bench.write("icinga-warden.json", `{ "control": { "listen": "127.0.0.1:0" } }`);
  const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
  await agent.printed(/Commands and the page/);
  for (const name of ["control.token", "monitor.token", "icinga-warden.lock"]) {
    await Deno.remove(`${bench.home}/${name}`);
  }
  for (const end = Date.now() + 60_000;;) {
    const [status, check] = [await bench.run("status"), await bench.run("check")];
    if (status.code === 0 && check.code === 0) break;
    assert(Date.now() < end, status.stderr + check.stdout);
  }
  const second = await bench.run("run", "--foreground", "--simulate");
  assertEquals(second.code, 1);
  assertMatch(second.stderr, /is in use by process \d+/);
});

testExe("of a home that is read-only it is said so, not that no agent runs", async (bench) => {
  const script = `mount -t tmpfs -o ro none "$1" && exec "$2" status --home "$1"`;
  const args = ["-m", "sh", "-c", script, "sh", bench.home, EXE];
  const command = new Deno.Command("unshare", { args, stdin: "null" });
  const { code, stderr } = await command.output();
  const said = new TextDecoder().decode(stderr);
  if (/^(?:unshare|mount):/m.test(said)) return tellSkipped("a read-only home", said.trim());
  assertEquals(code, 3);
  assertMatch(said, /^icinga-warden: The agent cannot be asked: .* is read-only, so that no agent/);
});

testExe(
  "doctor does not look at this host beside an agent with simulated services",
  async (bench) => {
    await bench.write("icinga-warden.json", `{ "control": { "listen": "127.0.0.1:0" } }`);
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=1h");
    await agent.printed(/Commands and the page/);
    const { code, stdout } = await bench.run("doctor", "--json");
    assertEquals(code, 0);
    const [{ findings }] = JSON.parse(stdout).services;
    assertEquals(findings.length, 1, stdout);
    assertMatch(
      findings[0].text,
      /simulated services \(--simulate\), so this host is not looked at/,
    );
    agent.signal("SIGTERM");
    await agent.ended;
    assertEquals((await bench.run("doctor")).stdout.includes("w32tm"), false);
  },
);
