import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { testRealWindows, testWindows, until } from "./machine.ts";

const SERVICE = "warden_test";

/** A configuration for a service of the test's own, queried each second unless told. */
function watching(
  service: string,
  { interval = "1s", ...more }: { interval?: string; [daemon: string]: unknown } = {},
): Record<string, string> {
  const arguments_ = { service, interval };
  const daemons = { icinga_agent_service: { arguments: arguments_ }, ...more };
  const control = { listen: "127.0.0.1:0" }; // other agents run beside
  return { "icinga-warden.json": JSON.stringify({ daemons, control }) };
}

testWindows(
  "a crashed service runs again, with the exe alone and no configuration",
  async (windows) => {
    await windows.install("icinga2");
    const agent = await windows.agent(["--foreground"]);
    await agent.logged(/Service 'icinga2' is RUNNING/);
    await windows.fault("icinga2", "crash");
    const log = await agent.logged(
      /Restarted service 'icinga2': it is RUNNING \(restart_error 0\)/,
    );
    assertMatch(
      log,
      /\[WARNING\] icinga_agent_service::run::Main::0: Service 'icinga2' is STOPPED/,
    );
    assertEquals(await windows.state("icinga2"), 4);
    // The query that sees it has it started, not a later one.
    assertMatch(log, /is STOPPED\n.*Restarted service 'icinga2'/);
    await until(
      "standard output has what the log has",
      async () => await agent.stdout() === await agent.log(),
    );
  },
);

testWindows(
  "restart_error rises by 1 a tick while a service is broken, and returns to 0",
  async (windows) => {
    await windows.install(SERVICE);
    const agent = await windows.agent(["run"], watching(SERVICE));
    await agent.logged(/is RUNNING/);
    await windows.fault(SERVICE, "broken");
    await windows.fault(SERVICE, "crash");
    await agent.logged(/\(restart_error 3\)/);
    await windows.repair(SERVICE, "broken");
    const log = await agent.logged(/Restarted .*\(restart_error 0\)/);
    const counts = [...log.matchAll(/\(restart_error (\d+)\)/g)].map((match) => Number(match[1]));
    assertEquals(counts, [...counts.keys()].map((i) => (i + 1) % counts.length));
    assertEquals(await windows.state(SERVICE), 4);
  },
);

testWindows(
  "of a service that is not installed there is not one record at info",
  async (windows) => {
    const agent = await windows.agent(["run", "--log-level", "debug"], watching("not_there"));
    const log = await agent.logged(/\[DEBUG\] .*Service 'not_there' is not installed/);
    assertEquals(log.match(/not_there/g)?.length, 1);
    assertEquals(/\[(INFO|WARNING|ERROR)\] icinga_agent_service/.test(log), false, log);
  },
);

testWindows("a service that hangs on stop is waited for, and the loop goes on", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], watching(SERVICE));
  await agent.logged(/is RUNNING/);
  await windows.fault(SERVICE, "hang");
  await windows.run("sc.exe", "stop", SERVICE);
  await agent.logged(/\[INFO\] .*is STOP_PENDING/);
  await windows.repair(SERVICE, "hang");
  await agent.logged(/Restarted/);
});

testWindows("a paused service is continued", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], watching(SERVICE));
  await agent.logged(/is RUNNING/);
  await windows.fault(SERVICE, "pause");
  await agent.logged(/\[WARNING\] .*is PAUSED/);
  await agent.logged(/Restarted/);
  assertEquals(await windows.state(SERVICE), 4);
});

testWindows("a paused service that does not continue is stopped and started", async (windows) => {
  await windows.install(SERVICE);
  await windows.fault(SERVICE, "stay");
  const agent = await windows.agent(["run"], watching(SERVICE));
  await agent.logged(/is RUNNING/);
  await windows.fault(SERVICE, "pause");
  await agent.logged(/Restarted/);
  assertEquals(await windows.state(SERVICE), 4);
});

// Wine's service manager does not list what depends on a service.
testRealWindows("services that depend on it are stopped and started with it", async (windows) => {
  // When the case ends they are removed in this order.
  const dependents = ["warden_test_above", "warden_test_below"];
  for (const service of [...dependents, SERVICE]) await windows.install(service);
  await windows.run("sc.exe", "config", dependents[1]!, "depend=", SERVICE);
  await windows.run("sc.exe", "config", dependents[0]!, "depend=", dependents[1]!);
  await windows.fault(SERVICE, "stay");
  const agent = await windows.agent(["run"], watching(SERVICE));
  await agent.logged(/is RUNNING/);
  await windows.fault(SERVICE, "pause");
  await agent.logged(/Restarted/);
  for (const service of [SERVICE, ...dependents]) assertEquals(await windows.state(service), 4);
});

testWindows("a slow service is waited for until it runs", async (windows) => {
  await windows.install(SERVICE);
  await windows.fault(SERVICE, "slow");
  const agent = await windows.agent(["run"], watching(SERVICE));
  await agent.logged(/is RUNNING/);
  await windows.fault(SERVICE, "crash");
  const log = await agent.logged(/Restarted .*\(restart_error 0\)/);
  assertEquals(log.includes("[ERROR]"), false, log);
});

for (const key of ["ctrl-c", "ctrl-break"] as const) {
  testWindows(`${key} stops it in order: exit code 0, no process left`, async (windows) => {
    // So often that the key nearly always meets a child that is asking, which it ends as well.
    const agent = await windows.agent(
      ["--foreground"],
      watching("not_there", { interval: "100ms" }),
    );
    await until("it serves commands", async () => (await agent.stdout()).includes("are served"));
    assertEquals((await windows.processes()).length, 1);
    await agent.press(key);
    assertEquals(await agent.ended(), 0);
    assertMatch(await agent.log(), /agent: SIG(INT|BREAK): stopping\n.*agent: Stopped\n$/);
    assertEquals(await windows.processes(), []);
  });
}

testWindows("a second Ctrl+C ends it at once, with 1", async (windows) => {
  const stubborn = `export default { name: "stubborn", description: "", run: (context) => {
        context.log.info("began");
        return new Promise(() => {});
      } };`;
  const agent = await windows.agent(["--foreground"], {
    ...watching("not_there", { stubborn: { module: "stubborn.js" } }),
    "stubborn.js": stubborn,
  });
  await agent.logged(/began/);
  await agent.press("ctrl-c");
  await agent.logged(/SIGINT: stopping/);
  await delay(1_000); // What comes sooner is taken for the same Ctrl+C.
  await agent.press("ctrl-c");
  assertEquals(await agent.ended(), 1);
  assertMatch(await agent.log(), /SIGINT again: ending at once\n$/);
});

testWindows(
  "as a service it prints nothing and logs into home, with spaces and umlauts",
  async (windows) => {
    const service = "warden tést ä";
    await windows.install(service);
    const agent = await windows.agent(["run"], watching(service), "a home ä ü");
    await agent.logged(/Service 'warden tést ä' is RUNNING/);
    assertEquals([await agent.stdout(), await agent.stderr()], ["", ""]);
  },
);

testWindows("a wrong configuration: exit code 2 and its place", async (windows) => {
  const agent = await windows.agent(["--foreground"], {
    "icinga-warden.json": `{\n  "log": { "level": "loud" }\n}`,
  });
  assertEquals(await agent.ended(), 2);
  assertMatch(await agent.stderr(), /icinga-warden\.json:2:\d+: log\.level: .*"loud"/);
});

testWindows("version and help", async (windows) => {
  const version = await windows.agent(["version"]);
  assertEquals(await version.ended(), 0);
  assertMatch(await version.stdout(), /^icinga-warden \d+\.\d+\.\d+ \(.*x86_64-pc-windows-msvc\)/);
  const help = await windows.agent(["help"]);
  assertEquals(await help.ended(), 0);
  assertStringIncludes(await help.stdout(), "icinga-warden run");
});

testWindows("TypeScript on an exe of an older Deno is refused in one line", async (windows) => {
  const agent = await windows.agent(["--foreground"], {
    ...watching("not_there", { typed: { module: "typed.ts" } }),
    "typed.ts": `export default { name: "typed", description: "", run: (): void => {} };`,
  });
  await agent.logged(
    /Daemon 'typed' cannot run: .*typed\.ts: TypeScript, and .* reads JavaScript only/,
  );
});
