import { assert, assertEquals, assertMatch } from "@std/assert";
import { testWindows, until } from "./machine.ts";

const SERVICE = "warden_control";

const CONFIG = {
  "icinga-warden.json": JSON.stringify({
    daemons: { icinga_agent_service: { arguments: { service: SERVICE, interval: "1s" } } },
    control: { listen: "127.0.0.1:0" },
  }),
};

testWindows("commands see a real service crash and come back", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], CONFIG);
  await agent.logged(/the page are served[^]*is RUNNING|is RUNNING[^]*the page are served/);
  const value = async () =>
    (await agent.warden("get", "icinga_agent_service.ServiceState.value")).output.trim();
  assertEquals(await value(), "RUNNING");
  const status = JSON.parse((await agent.warden("status", "--json")).output);
  assertEquals([status.health, status.services[0].value], ["ok", "RUNNING"]);
  assertEquals(status.agent.mode, "background");
  const check = await agent.warden("check");
  assertEquals(check.code, 0);
  assertMatch(check.output, /^OK: .* is RUNNING, 1 of 1 daemons run \| restart_error=0;0;2;0 /);
  await windows.fault(SERVICE, "broken");
  await windows.fault(SERVICE, "crash");
  await until("restart_error rose", async () => (await agent.warden("check")).code !== 0);
  await windows.repair(SERVICE, "broken");
  await agent.logged(/Restarted .*\(restart_error 0\)/);
  await until("it is well again", async () => (await agent.warden("check")).code === 0);
  const logs = await agent.warden("logs", "--level", "warning");
  assertMatch(logs.output, /\[WARNING\] .* is STOPPED/);
});

testWindows("while it is paused a service stays stopped", async (windows) => {
  await windows.install(SERVICE);
  const agent = await windows.agent(["run"], CONFIG);
  await agent.logged(/is RUNNING/);
  await until("commands are served", async () => (await agent.warden("pause", "1h")).code === 0);
  await windows.fault(SERVICE, "crash");
  await until("it has crashed", async () => await windows.state(SERVICE) === 1);
  const { maintenance } = JSON.parse((await agent.warden("status", "--json")).output);
  assert(maintenance.until);
  assertEquals(await windows.state(SERVICE), 1);
  assertEquals((await agent.warden("resume")).code, 0);
  await agent.logged(/Restarted/);
  assertEquals(await windows.state(SERVICE), 4);
});

testWindows(
  "where no agent runs the exit code is 3, and it is 3 after one has crashed",
  async (windows) => {
    const agent = await windows.agent(["run"], CONFIG);
    await agent.logged(/the page are served/);
    assertEquals((await agent.warden("status")).code, 0);
    await agent.kill();
    assertMatch(await agent.read("control.token"), /^\d+-\d+-\.\.[\w-]{43}\n$/);
    for (const command of ["status", "get", "logs", "pause", "check"]) {
      assertEquals((await agent.warden(command)).code, 3, command);
    }
    await agent.write("control.token", "");
    assertEquals((await agent.warden("status")).code, 3);
  },
);

testWindows("the tokens are for administrators and the agent's account", async (windows) => {
  const agent = await windows.agent(["run"], CONFIG);
  await agent.logged(/the page are served/);
  for (const name of ["control.token", "monitor.token"]) {
    const path = `${agent.outside}/${name}`;
    // On Wine access lists are Unix' modes, and Everyone is what is neither owner nor group.
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o007, 0, name);
    else {
      const { output } = await windows.run("icacls.exe", `${agent.inside}\\${name}`);
      assertEquals(/Everyone|\\Users:|Authenticated|\(I\)/.test(output), false, output);
    }
  }
});

testWindows("the page comes out of the exe", async (windows) => {
  const agent = await windows.agent(["run"], CONFIG);
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(await agent.logged(/the page are served/))!;
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  assertMatch(await answer.text(), /<title>icinga-warden<\/title>/);
  assertEquals(
    (await fetch(`http://127.0.0.1:${port}/page.js`).then((r) => r.text())).length > 1000,
    true,
  );
  assertEquals((await agent.warden("console")).code, 0); // attaches, reads to the end, and leaves
  const { output } = await agent.warden("open", "--print");
  assertMatch(output, /^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}\r?\n$/);
});
