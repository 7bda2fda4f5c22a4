import { assertEquals, assertMatch } from "@std/assert";
import { agentOf } from "../../lib/windows/agent_arguments.ts";
import { wantedRegistration } from "../../lib/windows/registration.ts";
import { STATE } from "../../lib/windows/service_status.ts";
import { nssmSettings } from "../../lib/windows/settings.ts";
import { testWindows, until } from "./machine.ts";

const WARDEN = "warden under nssm";
const FOLDER = "a home ä ü";

testWindows("NSSM is told what is documented, and runs and stops the agent", async (windows) => {
  const home = await windows.home({ "icinga-warden.json": `{ "daemons": {} }` }, FOLDER);
  windows.owns(WARDEN);
  const call = (action: string, ...args: string[]) =>
    home.warden("service", action, "--name", WARDEN, ...args);
  const underNssm = ["--with", "nssm", "--nssm", windows.nssm];

  const before = (await windows.nssmCalls()).length;
  const installed = await call("install", ...underNssm);
  assertEquals(installed.code, 0, installed.output);
  const agent = agentOf(`${home.inside}\\icinga-warden.exe`, {});
  const settings = nssmSettings(wantedRegistration(WARDEN, agent, {}), agent);
  const calls = (await windows.nssmCalls()).slice(before);
  assertEquals(calls, [
    ["install", WARDEN, agent.files.exe],
    ...settings.map(([parameter, value]) => ["set", WARDEN, ...parameter.split(" "), value]),
  ]);

  const again = await call("install", ...underNssm);
  assertEquals(again.code, 0, again.output);
  assertMatch(again.output, /nothing was changed/);
  assertEquals((await call("install")).code, 1, "it is no native service");
  const renamed = [...underNssm, "--display-name", "Other"];
  assertEquals((await call("install", ...renamed)).code, 1);
  assertEquals((await call("install", ...renamed, "--force")).code, 0);

  assertEquals((await call("start")).code, 0);
  await home.logged(/Started icinga-warden/);
  assertEquals((await call("stop")).code, 0);
  await home.logged(/agent: SIGINT: stopping\n[^]*agent: Stopped\n$/);
  assertEquals((await windows.control(WARDEN, 0)).state, STATE.stopped);

  assertEquals((await call("uninstall", "--purge")).code, 0);
  assertEquals(await windows.state(WARDEN), undefined);
  assertEquals(await home.files(), ["icinga-warden.exe"]);
  await until("no process is left", async () => (await windows.processes()).length === 0);
});

testWindows("under NSSM a password is on no command line", async (windows) => {
  const home = await windows.home({ "icinga-warden.json": `{ "daemons": {} }` }, "a b");
  windows.owns("warden nssm account");
  const user = (await windows.run("cmd.exe", "/c", "echo", "%USERNAME%")).output.trim();
  const before = (await windows.nssmCalls()).length;
  const named = `--name "warden nssm account" --with nssm --nssm ${windows.nssm}`;
  const printed = await home.paste(
    `echo geheim| icinga-warden service install ${named} --account ${user} --password`,
  );
  assertMatch(printed, /Installed service/);
  const calls = (await windows.nssmCalls()).slice(before).flat();
  assertEquals(calls.includes("install"), true);
  assertEquals(calls.filter((word) => /geheim|ObjectName/.test(word)), []);
  const status = ["service", "status", "--name", "warden nssm account", "--json"];
  const { account, kind } = JSON.parse((await home.warden(...status)).output);
  assertEquals({ account, kind }, { account: `.\\${user}`, kind: "nssm" });
});
