import { assertEquals, assertMatch } from "@std/assert";
import { agentOf } from "../../lib/windows/agent_arguments.ts";
import { wantedRegistration } from "../../lib/windows/registration.ts";
import { STATE } from "../../lib/windows/service_status.ts";
import { nssmSettings } from "../../lib/windows/settings.ts";
import { testWindows, until, type Windows } from "./machine.ts";

const WARDEN = "warden under nssm";
const FOLDER = "a home ä ü";

const testUnderNssm = (name: string, test: (windows: Windows) => Promise<void>) =>
  testWindows(name, test, "nssm");

testUnderNssm("NSSM is told what is documented, and runs and stops the agent", async (windows) => {
  const home = await windows.home({ "icinga-warden.json": `{ "daemons": {} }` }, FOLDER);
  windows.owns(WARDEN);
  const call = (action: string, ...args: string[]) =>
    home.warden("service", action, "--name", WARDEN, ...args);
  const underNssm = ["--with", "nssm", "--nssm", windows.nssm];

  const installed = await call("install", ...underNssm);
  assertEquals(installed.code, 0, installed.output);
  const agent = agentOf(`${home.inside}\\icinga-warden.exe`, {});
  const settings = nssmSettings(wantedRegistration(WARDEN, agent, {}), agent);
  assertEquals(await windows.nssmSettings(WARDEN), Object.fromEntries(settings));

  const again = await call("install", ...underNssm);
  assertEquals(again.code, 0, again.output);
  assertMatch(again.output, /nothing changed/);
  assertEquals((await call("status")).output.includes("differs"), false);
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

testUnderNssm("under NSSM an account with a password is set", async (windows) => {
  const home = await windows.home({ "icinga-warden.json": `{ "daemons": {} }` }, "a b");
  windows.owns("warden nssm account");
  const user = (await windows.run("cmd.exe", "/c", "echo", "%USERNAME%")).output.trim();
  const named = `--name "warden nssm account" --with nssm --nssm ${windows.nssm}`;
  const printed = await home.paste(
    `echo geheim| icinga-warden service install ${named} --account ${user} --password`,
  );
  assertMatch(printed, /Installed service/);
  const status = ["service", "status", "--name", "warden nssm account", "--json"];
  const { account, kind } = JSON.parse((await home.warden(...status)).output);
  assertEquals({ account, kind }, { account: `.\\${user}`, kind: "nssm" });
});

const STUBBORN = {
  "icinga-warden.json": JSON.stringify({
    daemons: { stubborn: { module: "stubborn.js" } },
    control: { listen: "off" },
  }),
  "stubborn.js": `export default { name: "stubborn", description: "", run: (context) => {
    context.log.info("began");
    return new Promise(() => {});
  } };`,
};

testUnderNssm(
  "registered with nothing but the exe it runs, and says what cut a stop short",
  async (windows) => {
    const home = await windows.home(STUBBORN, FOLDER);
    windows.owns("warden by hand");
    await windows.callNssm("install", "warden by hand", `${home.inside}\\icinga-warden.exe`);
    await windows.run("net.exe", "start", "warden by hand");
    await home.logged(/began/);
    const status = await home.warden("service", "status", "--name", "warden by hand");
    assertMatch(status.output, /differs {5}AppParameters: none; 'service install' sets run/);
    assertMatch(status.output, /differs {5}AppStopMethodConsole: 1500; .* sets 20000/);
    await windows.run("net.exe", "stop", "warden by hand");
    await until("no process is left", async () => (await windows.processes()).length === 0);
    assertMatch(await home.log(), /SIGINT: stopping\n(?![^]*Stopped)/);
    await windows.run("net.exe", "start", "warden by hand");
    const log = await home.logged(/Started[^]*Started[^]*AppStopMethodConsole/);
    assertMatch(log, /did not stop cleanly: its stop, asked for at .*Z, was cut short/);
    assertMatch(log, /NSSM ends service 'warden by hand' 1\.5 s after it has asked for a stop/);
  },
);

testUnderNssm("below a shell that a service runs the exe prints its help", async (windows) => {
  const home = await windows.home({}, "shell");
  windows.owns("warden below a shell");
  const line = "/c icinga-warden.exe >out.txt 2>&1";
  await windows.callNssm("install", "warden below a shell", "C:\\windows\\system32\\cmd.exe", line);
  await windows.callNssm("set", "warden below a shell", "AppDirectory", home.inside);
  await windows.run("net.exe", "start", "warden below a shell");
  await until("it printed", async () => /Usage|help/i.test(await home.read("out.txt")));
  assertEquals(await home.log(), "", "no agent ran");
});

testUnderNssm("an agent that NSSM holds back is explained", async (windows) => {
  const home = await windows.home({ "icinga-warden.json": `{ "log": { "level": "loud" } }` });
  windows.owns("warden held back");
  await windows.callNssm("install", "warden held back", `${home.inside}\\icinga-warden.exe`);
  await windows.run("net.exe", "start", "warden held back");
  await until("NSSM waits", async () => await windows.state("warden held back") === STATE.paused);
  const status = await home.warden("service", "status", "--name", "warden held back");
  assertEquals(status.code, 3, status.output);
  assertMatch(
    status.output,
    /PAUSED.*: NSSM waits, since the agent ends soon after each start; see/,
  );
  assertMatch(await home.log(), /\[FATAL\] agent: .*log\.level/);
});
