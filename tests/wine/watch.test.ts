import { assertEquals, assertMatch } from "@std/assert";
import { testWindows, until } from "./machine.ts";

const SERVICE = "warden_watched";

/** A configuration for a service of the test's own, queried each second; other agents run beside. */
function watching(service = SERVICE, more: object = {}): Record<string, string> {
  const daemons = { icinga_agent_service: { arguments: { service, interval: "1s", ...more } } };
  const control = { listen: "127.0.0.1:0" };
  return { "icinga-warden.json": JSON.stringify({ daemons, control }) };
}

testWindows("a watched service that is deleted is one warning, and UNKNOWN", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], watching());
  await agent.logged(/is RUNNING/);
  await until(
    "the service is paused",
    async () => (await agent.warden("pause", "--service", SERVICE.toUpperCase(), "1h")).code === 0,
  );
  await windows.run("net.exe", "stop", SERVICE);
  await windows.run("sc.exe", "delete", SERVICE);
  assertEquals(await windows.state(SERVICE), undefined);
  const log = await agent.logged(
    /\[WARNING\] .*Service 'warden_watched' is not installed any more/,
  );
  assertEquals(log.includes("Restarted"), false, log);
  assertEquals((await agent.warden("resume", "--service", SERVICE)).code, 0);
  const { code, output } = await agent.warden("check");
  assertEquals([code, output.slice(0, 42)], [3, "UNKNOWN: warden_watched was not found inst"]);
});

testWindows("a disabled service is one warning, and is not tried again", async (windows) => {
  await windows.register(SERVICE, "Z:\\bed\\bin\\standin.exe");
  await windows.run("sc.exe", "delete", SERVICE);
  const options = ["binPath=", "Z:\\bed\\bin\\standin.exe", "start=", "disabled"];
  await windows.run("sc.exe", "create", SERVICE, ...options);
  const agent = await windows.agent(["run", "--log-level", "debug"], watching());
  await agent.logged(/\[WARNING\] .*Service 'warden_watched' is disabled and is not started/);
  await until("it is a warning", async () => (await agent.warden("check")).code === 1);
  const log = await agent.log();
  assertEquals([/\[ERROR\]/.test(log), log.match(/is disabled/g)?.length], [false, 1], log);
  await until("Windows' API says so, too", async () => {
    const { output } = await agent.warden("get", "Agent.ServiceStartTypes");
    return /warden_watched.*disabled/s.test(output);
  });
});

testWindows(
  "two agents that watch one service do not stop what the other has started",
  async (windows) => {
    await windows.install(SERVICE);
    const spellings = [SERVICE, SERVICE.toUpperCase()];
    const agents = await Promise.all(
      spellings.map((name) => windows.agent(["run"], watching(name))),
    );
    for (const agent of agents) await agent.logged(/is RUNNING/);
    await windows.fault(SERVICE, "crash");
    await until(
      "it was restarted",
      async () =>
        (await Promise.all(agents.map((agent) => agent.log()))).join().includes("Restarted"),
    );
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    for (const agent of agents) {
      const log = await agent.log();
      assertEquals((log.match(/STOP_PENDING|is STOPPED/g)?.length ?? 0) <= 1, true, log);
    }
    assertEquals(await windows.state(SERVICE), 4);
  },
);

testWindows("a host that is paused stays paused where the agent starts anew", async (windows) => {
  await windows.install(SERVICE);
  const first = await windows.agent(["run"], watching());
  await first.logged(/is RUNNING/);
  await until("it is paused", async () => (await first.warden("pause", "1h")).code === 0);
  await until("that is saved", async () => (await first.read("state.json")).includes('"left"'));
  await first.kill();
  const saved = { "state.json": await first.read("state.json") };
  const second = await windows.agent(["run"], { ...watching(), ...saved });
  await second.logged(/The agent is still paused, until /);
  await windows.fault(SERVICE, "crash");
  await until("it has crashed", async () => await windows.state(SERVICE) === 1);
  await until("commands are served", async () => (await second.warden("check")).code === 0);
  assertMatch((await second.warden("status")).output, /Paused by a command since/);
  assertEquals(await windows.state(SERVICE), 1);
  assertEquals((await second.warden("resume")).code, 0);
  await second.logged(/Restarted/);
});

testWindows(
  "the process of a service that hangs in its stop is ended with endStuck",
  async (windows) => {
    await windows.install(SERVICE);
    const agent = await windows.agent(
      ["run"],
      watching(SERVICE, { endStuck: true, pendingLimit: "2s" }),
    );
    await agent.logged(/is RUNNING/);
    await windows.fault(SERVICE, "hang");
    await windows.run("sc.exe", "stop", SERVICE);
    // The stand-in hints at 10 s.
    await agent.logged(/has been STOP_PENDING for 10s without progress; its process is ended/);
    await agent.logged(/Ended the process of service 'warden_watched', which was stuck/);
  },
);

testWindows("nothing is restarted while Windows Installer is at work", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], watching());
  await agent.logged(/is RUNNING/);
  const release = await windows.holdMutex(agent, "Global\\_MSIExecute");
  await until(
    "the agent has seen it",
    async () => (await agent.warden("get", "Agent.Aside")).output.includes("Windows Installer"),
  );
  await windows.run("net.exe", "stop", SERVICE);
  await agent.logged(/\[WARNING\] .*Service 'warden_watched' is not restarted: Windows Installer/);
  await until("it is critical", async () => (await agent.warden("check")).code === 2);
  assertMatch(
    (await agent.warden("check")).output,
    /^CRITICAL: warden_watched is STOPPED; it is not restarted: Windows Installer is at work/,
  );
  assertEquals(await windows.state(SERVICE), 1);
  await release();
  const log = await agent.logged(/Restarted service/);
  assertMatch(log, /is not restarted: [^]*is restarted again[^]*Restarted service/);
});

testWindows("a stop is answered long before the next query", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], watching(SERVICE.toUpperCase(), { interval: "1h" }));
  await agent.logged(/is RUNNING/);
  await until(
    "its state is shared",
    async () => (await agent.warden("get", "Agent.ServiceStates")).output.includes(SERVICE),
  );
  await windows.fault(SERVICE, "crash");
  await agent.logged(/is STOPPED\n.*Restarted service/);
  assertEquals(await windows.state(SERVICE), 4);
});
