import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "valibot";
import { StatusSchema } from "../../lib/control/status_schema.ts";
import { type Bench, type Running, testExe } from "./program.ts";

/** A configuration with a port of its own, and some daemons beside the Icinga daemon. */
function configured(daemons: Record<string, object> = {}, control: object = {}): string {
  const icinga_agent_service = { arguments: { interval: "200ms" } };
  return JSON.stringify({
    daemons: { icinga_agent_service, ...daemons },
    control: { listen: "127.0.0.1:0", ...control },
  });
}

async function startAgent(bench: Bench, scenario = "crash=1h"): Promise<Running> {
  await bench.write("icinga-warden.json", configured({ counter: { module: "counter.js" } }));
  await bench.write(
    "counter.js",
    `export default { name: "counter", description: "counts", run: (context) => {
      let count = 0;
      const map = context.state.map("Map");
      return context.every(100, () => { map.set("a.b", ++count); map.set("list", [1, { x: "y" }]); });
    } };`,
  );
  const agent = bench.start("run", "--foreground", "--simulate", "--scenario", scenario);
  await agent.printed(/the page are served/);
  await agent.printed(/is RUNNING/);
  await untilCode(0, () => bench.run("get", "counter.Map.list"));
  return agent;
}

async function getStatus(bench: Bench) {
  return parse(StatusSchema, JSON.parse((await bench.run("status", "--json")).stdout));
}

async function untilCode(code: number, run: () => Promise<{ code: number }>): Promise<void> {
  for (const end = Date.now() + 60_000; (await run()).code !== code;) {
    if (Date.now() > end) throw new Error(`not within 60 s: exit code ${code}`);
  }
}

const COMMANDS = [
  "status",
  "get",
  "watch",
  "pause",
  "resume",
  "thread list",
  "open",
  "console",
  "daemon restart x",
];

testExe(
  "where no agent runs every command exits with 3 and says where it looked",
  async (bench) => {
    for (const command of COMMANDS) {
      const { code, stdout, stderr } = await bench.run(...command.split(" "));
      assertEquals([code, stdout], [3, ""], command);
      assertMatch(stderr, /^icinga-warden: The agent is not running.*control\.token\n$/);
      assertStringIncludes(stderr, bench.home);
    }
  },
);

testExe("an agent that crashed is not running, whatever it left", async (bench) => {
  const agent = await startAgent(bench);
  agent.signal("SIGKILL");
  await agent.ended;
  assertMatch(await Deno.readTextFile(`${bench.home}/control.token`), /^\d+-\d+-/);
  const { code, stderr } = await bench.run("status");
  assertEquals(code, 3);
  assertMatch(stderr, /names http:\/\/127\.0\.0\.1:\d+ and process \d+, and nothing answers there/);
  const logs = await bench.run("logs");
  assertEquals(logs.code, 3);
  assertStringIncludes(logs.stdout, "Started icinga-warden");
});

testExe("status is a page for people and JSON for scripts, as its schema says", async (bench) => {
  await startAgent(bench);
  const { code, stdout, stderr } = await bench.run("status");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^OK: all is well\nicinga-warden \d/);
  assertMatch(stdout, /\nicinga2 +RUNNING +0 /);
  assertMatch(stdout, /\ncounter +running +1 /);
  assertEquals((await getStatus(bench)).agent.home, bench.home);
});

testExe(
  "get reads a value, a map, or all of it; what is not there is named, with its nearest",
  async (bench) => {
    await startAgent(bench);
    const get = async (...words: string[]) => (await bench.run("get", ...words)).stdout;
    assertEquals(await get("icinga_agent_service.ServiceState.value"), "RUNNING\n");
    assertEquals(await get("Daemons.icinga_agent_service.ServiceState.restart_error"), "0\n");
    assertMatch(await get("counter.Map.a.b"), /^\d+\n$/);
    assertEquals(await get("counter.Map.list"), '[1,{"x":"y"}]\n');
    assertEquals(await get("counter.Map.list.1.x"), "y\n");
    assertMatch(await get("counter.Map"), /^KEY +VALUE\na\.b +\d+\nlist +\[1,{"x":"y"}\]\n$/);
    assertEquals(JSON.parse(await get("icinga_agent_service.ServiceState", "--json")), {
      ...{ value: "RUNNING", restart_error: 0 },
    });
    assertMatch(await get(), /Agent\.Info\.pid +\d+\n/);
    assert("Agent.Info" in JSON.parse(await get("--json")));
    const wrong = await bench.run("get", "icinga_agent_service.ServiceState.vale");
    assertEquals([wrong.code, wrong.stdout], [1, ""]);
    assertMatch(wrong.stderr, /did you mean "icinga_agent_service\.ServiceState\.value"\?\n$/);
  },
);

testExe("watch shows what is there and then changes, as text and as JSON a line", async (bench) => {
  await startAgent(bench);
  const watch = bench.start("watch", "counter.Map", "--json");
  await watch.printed(/(.*\n){6}/);
  watch.signal("SIGINT");
  const { code, stdout, stderr } = await watch.ended;
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.filter(({ initial }) => initial).length, 2);
  const counts = lines.filter(({ key }) => key === "a.b").map(({ value }) => value);
  assertEquals(counts, [...counts].sort((a, b) => a - b));
  assertEquals(new Set(lines.map(({ map }) => map)), new Set(["Daemons.counter.Map"]));
  const text = bench.start("watch", "counter.Map.a.b");
  assertMatch(
    await text.printed(/\n/),
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d {2}Daemons\.counter\.Map\.a\.b {2}\d+\n/,
  );
  assertEquals((await bench.run("watch", "counter.Map.a.b", "--for", "100ms")).code, 0);
});

testExe("watch and logs -f end with 3 when the agent ends", async (bench) => {
  const agent = await startAgent(bench);
  const followers = [bench.start("watch", "counter"), bench.start("logs", "-f")];
  await followers[0]!.printed(/counter/);
  await followers[1]!.printed(/RUNNING/);
  agent.signal("SIGTERM");
  for (const follower of followers) {
    const { code, stderr } = await follower.ended;
    assertEquals([code, stderr], [3, "icinga-warden: The agent has ended\n"]);
  }
  assertEquals((await agent.ended).code, 0);
  assertEquals(
    [...Deno.readDirSync(bench.home)].some(({ name }) => name.startsWith("control")),
    false,
  );
});

testExe("logs shows records by daemon and level, and follows", async (bench) => {
  await startAgent(bench, "crash=700ms,refuse=1");
  const follower = bench.start("logs", "-f", "--lines", "0", "--level", "error");
  await follower.printed(/\[ERROR\] icinga_agent_service::run::Main::0: .*restart_error 1/);
  follower.signal("SIGINT");
  const { code, stdout } = await follower.ended;
  assertEquals(code, 0);
  assertEquals(/\[(INFO|WARNING)\]/.test(stdout), false);
  const logs = await bench.run(
    "logs",
    "--daemon",
    "icinga_agent_service",
    "--level",
    "warning",
    "--json",
  );
  for (const line of logs.stdout.trimEnd().split("\n")) {
    const { level, source, time } = JSON.parse(line);
    assert(["warning", "error"].includes(level) && source.startsWith("icinga_agent_service::"));
    assert(Date.now() - Date.parse(time) < 120_000);
  }
  assertEquals((await bench.run("logs", "--lines", "1")).stdout.trimEnd().split("\n").length, 1);
});

testExe("a paused agent restarts nothing until it is resumed", async (bench) => {
  await startAgent(bench, "crash=3s");
  const paused = await bench.run("pause", "10m", "--json");
  const { since, until } = JSON.parse(paused.stdout).maintenance;
  assertEquals(Date.parse(until) - Date.parse(since), 600_000);
  assertMatch((await bench.run("status")).stdout, /\nPaused by a command since .*, until /);
  const uptime = async () => Number((await getStatus(bench)).agent.uptime);
  const pass = async (seconds: number) => {
    for (const end = await uptime() + seconds; await uptime() < end;) await bench.run("version");
  };
  const restarts = async () => (await bench.log()).match(/Restarted service/g)?.length ?? 0;
  await pass(5); // A restart that was under way has ended, and its service has crashed again.
  const before = await restarts();
  await pass(5); // longer than the service lives
  assertEquals(await restarts(), before);
  assertEquals((await bench.run("resume")).stdout, "Resumed\n");
  assertEquals((await bench.run("resume")).stdout, "The agent was not paused\n");
  const alone = async (...words: string[]) =>
    (await bench.run(...words, "--service", "icinga2")).stdout;
  assertEquals(await alone("resume"), "icinga2 was not paused\n");
  await alone("pause");
  assertMatch((await bench.run("resume")).stdout, /not paused; icinga2 is: '.* --service icinga2'/);
  assertEquals(await alone("resume"), "Resumed icinga2\n");
  while (await restarts() === before) await bench.run("version");
});

testExe(
  "a pause without an end is a warning, and one that is too long is refused",
  async (bench) => {
    await startAgent(bench);
    const endless = await bench.run("pause");
    assertMatch(endless.stdout, /^Paused until 'icinga-warden resume'/);
    assertEquals((await bench.run("check")).code, 1);
    for (const wrong of [["pause", "soon"], ["pause", "1m", "2m"], ["resume", "now"]]) {
      assertEquals((await bench.run(...wrong)).code, 2, wrong.join(" "));
    }
    for (const wrong of ["8d", "0s", "100ms"]) {
      const { code, stderr } = await bench.run("pause", wrong);
      assertEquals(code, 2, wrong);
      assertMatch(
        stderr,
        /^icinga-warden: '\w+' is not a valid duration for a pause; .*from 1s to 7d\n$/,
      );
    }
    assertMatch((await bench.run("status")).stdout, /\nicinga2 +RUNNING before the pause /);
  },
);

testExe("daemon restart starts one daemon anew, and no other", async (bench) => {
  await startAgent(bench);
  const started = async (daemon: string) =>
    (await bench.run("get", `Agent.Threads.${daemon}::run::Main::0.started`)).stdout;
  const [counter, icinga] = [await started("counter"), await started("icinga_agent_service")];
  assertEquals(
    (await bench.run("daemon", "restart", "counter")).stdout,
    "Restarted daemon 'counter'\n",
  );
  assert(await started("counter") > counter);
  assertEquals(await started("icinga_agent_service"), icinga);
  const { code, stderr } = await bench.run("daemon", "restart", "nobody");
  assertEquals(code, 1);
  assertMatch(stderr, /nobody/);
});

testExe("check is a plugin: its line, its performance data, its exit code", async (bench) => {
  await startAgent(bench, "crash=2s,refuse=1000");
  const well = await bench.run("check", "-w", "5", "-c", "10:");
  assertEquals(well.code, 2); // 0 is below 10
  await untilCode(2, () => bench.run("check", "-c", "2"));
  const bad = await bench.run("check");
  assertEquals(bad.stderr, "");
  assertMatch(bad.stdout, /^CRITICAL: icinga2 is STOPPED.*\| restart_error=\d+;0;2;0 restarts=0c /);
  const [first, ...more] = bad.stdout.trimEnd().split("\n");
  assertMatch(first!.split(" | ")[1]!, /^(\S+=-?[\d.]+(s|B|c)?(;[^;\s]*){0,4} ?)+$/);
  assertEquals(more.some((line) => /^daemon counter: running/.test(line)), true);
  assertEquals((await bench.run("check", "-w", "~:", "-c", "~:")).code, 2); // the service itself is STOPPED
});

testExe("a service that cannot be queried is UNKNOWN, and it is said why", async (bench) => {
  const config = { ...JSON.parse(configured()), serviceManager: { queryTimeout: "1s" } };
  await bench.write("icinga-warden.json", JSON.stringify(config));
  const agent = bench.start("run", "--foreground", "--simulate", "--scenario", "silent");
  await agent.printed(/\[ERROR\]/);
  await untilCode(3, () => bench.run("check"));
  const { stdout } = await bench.run("check");
  assertMatch(stdout, /^UNKNOWN: icinga2 cannot be queried: /);
  const { services: [service] } = await getStatus(bench);
  assert(service!.queries! >= 1);
  assertEquals(service!.queries, service!.queryErrors);
  assertMatch((await bench.run("status")).stdout, /\nicinga2 +unknown /);
  assertMatch((await bench.run("status")).stdout, /foreground, its services are simulated\n/);
});

testExe("check takes what plugins take: negative ranges, -v and -V", async (bench) => {
  await startAgent(bench);
  assertEquals((await bench.run("check", "-w", "-5:5", "-c", "-5.:10", "-v")).code, 0);
  assertEquals((await bench.run("check", "-w", "-5")).code, 3); // it ends before it begins
  for (const flag of ["-V", "--version"]) {
    assertMatch((await bench.run("check", flag)).stdout, /^icinga-warden \d/);
  }
});

testExe("what is not there is said, with what may be meant", async (bench) => {
  await startAgent(bench);
  const said = async (...args: string[]) => (await bench.run(...args)).stderr;
  const meant = /did you mean "counter"\?\n$/;
  assertMatch(await said("get", "countr"), meant);
  assertMatch(await said("daemon", "restart", "countr"), meant);
  assertEquals((await bench.log()).includes("Restarting"), false);
  assertMatch(await said("logs", "--daemon", "countr"), meant);
  assertEquals((await bench.run("logs", "--daemon", "countr", "-n", "5")).code, 1);
  assertMatch(await said("logs", "--daemon", "countr", "-f"), meant);
  assertMatch(await said("pause", "-5m"), /'-5m' is not a valid duration for a pause/);
  const waits = async (path: string) => {
    const watch = bench.start("watch", path);
    await watch.printed(/waiting for it\n/i);
    watch.signal("SIGINT");
    return (await watch.ended).stderr;
  };
  assertEquals(
    await waits("nowhere"),
    "icinga-warden: There is nothing at 'nowhere' yet; waiting for it\n",
  );
  assertMatch(
    await waits("countr"),
    /nothing at 'countr' yet; did you mean "counter"\? Waiting for it\n$/,
  );
  const [line = ""] = (await bench.run("logs", "--json")).stdout.split("\n");
  assertMatch(JSON.parse(line).time, /^\d{4}-\d\d-\d\dT.*Z$/);
});

testExe("what is not there yet is waited for, and seen when it comes", async (bench) => {
  await startAgent(bench);
  assertEquals((await bench.run("get", "heartbeat.Beat")).code, 1);
  const watch = bench.start("watch", "heartbeat");
  await watch.printed(/nothing at 'heartbeat' yet; .*waiting for it/i);
  assertEquals((await bench.run("daemon", "register", "heartbeat")).code, 0);
  await watch.printed(/ Daemons\.heartbeat\.\w+\.\w+ /);
  watch.signal("SIGINT");
  assertEquals((await watch.ended).code, 0);
});

testExe("a plugin's errors are UNKNOWN, on standard output", async (bench) => {
  const cases: [args: string[], text: RegExp][] = [
    [[], /^UNKNOWN: The agent is not running/],
    [["-w", "x"], /^UNKNOWN: Flag '--warning' is 'x'; expected a range/],
    [["--critical", "5:1"], /^UNKNOWN: Flag '--critical' is '5:1'/],
    [["--timeout", "soon"], /^UNKNOWN: Flag '--timeout' is 'soon'/],
    [["--wanring", "1"], /^UNKNOWN: Unknown flag '--wanring'.*; did you mean "--warning"/],
    [["-w", "1\n2|3"], /^UNKNOWN: Flag '--warning' is '1 2\/3'; expected a range/],
    [["now"], /^UNKNOWN: Unexpected 'now'/],
    [["-w"], /^UNKNOWN: Flag '--warning' needs a value/],
    [["--home", "/nowhere"], /^UNKNOWN: --home '\/nowhere' is not a folder/],
  ];
  for (const [args, text] of cases) {
    const { code, stdout, stderr } = await bench.run("check", ...args);
    assertEquals([code, stderr], [3, ""], args.join(" "));
    assertMatch(stdout, text);
    assertEquals(stdout.trimEnd().split("\n").length, 1);
  }
});

testExe("check waits no longer than its timeout", async (bench) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // takes connections and says nothing
  const { port } = listener.addr as Deno.NetAddr;
  await bench.write("monitor.token", `${port}-1-${"a".repeat(43)}\n`);
  const { code, stdout } = await bench.run("check", "--timeout", "500ms");
  assertEquals([code, stdout], [3, "UNKNOWN: The agent did not answer within 0.5 s\n"]);
  listener.close();
});

testExe("a taken port is one error, and the agent goes on; off means off", async (bench) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await bench.write("icinga-warden.json", configured({}, { listen: `127.0.0.1:${port}` }));
  const run = ["run", "--foreground", "--simulate", "--scenario", "crash=300ms"];
  const agent = bench.start(...run);
  await agent.printed(/Cannot serve commands/);
  await agent.printed(/Restarted service/);
  agent.signal("SIGINT");
  const taken = await agent.ended;
  assertEquals(taken.stdout.match(/\[ERROR\]/g)?.length, 1);
  assertMatch(
    taken.stdout,
    /Cannot serve commands on 127\.0\.0\.1:\d+: another program has it; .*control\.listen/,
  );
  listener.close();
  await bench.write("icinga-warden.json", configured({}, { listen: "off" }));
  assertEquals((await bench.run(...run, "--for", "2s")).stdout.includes("served"), false);
});

testExe("the console reads lines where there is no terminal", async (bench) => {
  await startAgent(bench);
  const lines = [
    "get icinga_agent_service.ServiceState.value",
    "",
    'get "counter.Map.list"',
    "run",
    "gte x",
    "exit",
    "version",
  ];
  const { code, stdout, stderr } = await bench.runWithInput(lines.join("\n"), "console");
  assertEquals(code, 0);
  assertMatch(stdout, /^Attached to process \d+; .*\nRUNNING\n\[1,{"x":"y"}\]\n$/);
  assertMatch(
    stderr,
    /'run' is not for the console.*\n.*Unknown command 'gte'; did you mean "get"/,
  );
  const beside = await bench.runWithInput("status", "console", "--foreground", "--simulate");
  assertMatch(beside.stdout, /^An agent already runs from .*: attached to it/);
  assertMatch(beside.stdout, /OK: all is well/);
  assertEquals((await bench.run("status")).code, 0); // and it still runs
});

testExe("the console starts an agent of its own, with its log, and ends it", async (bench) => {
  await bench.write("icinga-warden.json", configured());
  const lines = "watch icinga_agent_service.ServiceState --for 2s\nthread list\n";
  const { code, stdout } = await bench.runWithInput(
    ...[
      lines,
      "console",
      "--foreground",
      "--simulate",
      "--scenario",
      "crash=500ms,refuse=1",
    ] as const,
  );
  assertEquals(code, 0);
  assertMatch(stdout, /Started an agent in process \d+/);
  assertMatch(stdout, /\[ERROR\] icinga_agent_service::run::Main::0: .*\(restart_error 1\)/);
  assertMatch(stdout, /ServiceState\.restart_error {2}1\n/);
  assertMatch(stdout, /icinga_agent_service::run::Main::0 +running/);
  assertMatch(await bench.log(), /agent: Stopped\n$/);
  assertEquals((await bench.run("status")).code, 3);
});

testExe(
  "on a terminal the console completes, remembers, and ends what goes on at Ctrl+C",
  async (bench) => {
    await startAgent(bench);
    const console = bench.startOnTerminal("console");
    const prompted = () => console.printed(/icinga-warden> .\[16G$/);
    await prompted();
    await console.type("sta\t");
    await console.printed(/> .*status$/);
    await console.type("\r");
    await console.printed(/: all is well/);
    await prompted();
    await console.type("get counter.Map.li\t");
    await console.printed(/counter\.Map\.list$/);
    await console.type("\r");
    await console.printed(/\[1,{"x":"y"}\]/);
    await prompted();
    await console.type("watch counter.Map.a.b\r");
    await console.printed(/\.a\.b {2}\d+…?\r\n.*\.a\.b {2}\d+…?\r\n/);
    await console.type("\x03");
    await prompted();
    for (const earlier of ["watch", "get", "status"]) {
      await console.type("\x1b[A"); // up
      await console.printed(new RegExp(`warden> ${earlier}[^\n]*$`));
    }
    await console.type("\x15");
    await prompted();
    await console.type("exit\r");
    assertEquals((await console.ended).code, 0);
  },
);
