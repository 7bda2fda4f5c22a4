import { assertEquals, assertMatch } from "@std/assert";
import { nssmInstallCommands } from "../../lib/windows/nssm.ts";
import { STATE } from "../../lib/windows/service_status.ts";
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
  const expected = nssmInstallCommands("", {
    name: WARDEN,
    exe: `${home.inside}\\icinga-warden.exe`,
    args: ["run"],
    home: home.inside,
  });
  const calls = (await windows.nssmCalls()).slice(before);
  assertEquals(calls, expected.map((words) => words.slice(1)));

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
