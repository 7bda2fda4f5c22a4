import { assertEquals, assertMatch } from "@std/assert";
import { CONTROL, STATE } from "../../lib/windows/service_status.ts";
import { type Ended, type Home, testWindows, until, type Windows } from "./machine.ts";

const WARDEN = "warden tést ä";
const SERVICE = "warden_test";
const FOLDER = "a home ä ü";

const watching = {
  "icinga-warden.json": JSON.stringify({
    daemons: { icinga_agent_service: { arguments: { service: SERVICE, interval: "1s" } } },
  }),
};

type Call = (action: string, ...args: string[]) => Promise<Ended>;

/** Calls `icinga-warden service` for the test's service, which is removed when the case ends. */
function commands(windows: Windows, home: Home): Call {
  windows.owns(WARDEN);
  return (action, ...args) => home.warden("service", action, "--name", WARDEN, ...args);
}

testWindows("install, start, status, stop, uninstall", async (windows) => {
  await windows.install(SERVICE);
  const home = await windows.home(watching, FOLDER);
  const call = commands(windows, home);
  const installed = await call("install");
  assertEquals(installed.code, 0, installed.output);
  assertMatch(installed.output, /Installed service 'warden tést ä'/);
  assertEquals((await call("status")).code, 3);

  const started = await call("start");
  assertEquals(started.code, 0, started.output);
  assertMatch(started.output, /is RUNNING \(process \d+\)/);
  assertEquals((await call("start")).code, 0);
  const status = await call("status", "--json");
  assertEquals(status.code, 0);
  const { state, kind, commandLine, account, start } = JSON.parse(status.output);
  assertEquals({ state, kind, commandLine, account, start }, {
    state: "RUNNING",
    kind: "native",
    commandLine: `"${home.inside}\\icinga-warden.exe" run`,
    account: "LocalSystem",
    start: "delayed",
  });
  await home.logged(/Service 'warden_test' is RUNNING/);
  await windows.fault(SERVICE, "crash");
  await home.logged(/Restarted service 'warden_test'/);

  assertEquals((await call("stop")).code, 0);
  assertEquals((await windows.control(WARDEN, 0)).state, STATE.stopped);
  assertMatch(await home.log(), /agent: Stopped\n$/);
  assertEquals((await call("stop")).code, 0);
  assertEquals((await call("uninstall")).code, 0);
  assertEquals(await windows.state(WARDEN), undefined);
  assertEquals((await call("status")).code, 3);
  assertEquals((await call("start")).code, 1);
  assertMatch(await home.log(), /Stopped/, "home is left alone");
  await until("no process is left", async () => (await windows.processes()).length === 0);
});

testWindows("uninstall stops the service and, with --purge, clears home", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  const call = commands(windows, home);
  await call("install");
  await call("start");
  await home.logged(/Started/);
  const { code, output } = await call("uninstall", "--purge");
  assertEquals(code, 0, output);
  assertEquals(await windows.state(WARDEN), undefined);
  assertEquals(await home.files(), ["icinga-warden.exe"]);
});

testWindows("a start that fails gives the reason that the agent logged", async (windows) => {
  const home = await windows.home(watching);
  const call = commands(windows, home);
  assertEquals((await call("install")).code, 0);
  await home.write("icinga-warden.json", `{ "log": { "level": "loud" } }`);
  const { code, output } = await call("start", "--json");
  assertEquals(code, 1);
  const { ownCode, reason } = JSON.parse(output);
  assertEquals(ownCode, 2);
  assertMatch(reason, /icinga-warden\.json:1:\d+: log\.level: got "loud"/);
});

testWindows("uninstall waits for who has the service open", async (windows) => {
  const home = await windows.home();
  const call = commands(windows, home);
  await call("install");
  const { released } = await windows.hold(WARDEN);
  const { code, output } = await call("uninstall");
  assertEquals(code, 0, output);
  assertEquals(await windows.state(WARDEN), undefined);
  await released;
});

testWindows("install twice, with other settings, and from another exe", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  const call = commands(windows, home);
  await call("install");
  const again = await call("install");
  assertEquals(again.code, 0, again.output);
  assertMatch(again.output, /nothing changed/);

  const other = await call("install", "--display-name", "Other ä");
  assertEquals(other.code, 1);
  assertMatch(other.output, /display name: Icinga Warden \(warden tést ä\) {2}-> {2}Other ä/);
  assertEquals((await call("install", "--display-name", "Other ä", "--force")).code, 0);
  assertEquals(JSON.parse((await call("status", "--json")).output).displayName, "Other ä");
});

testWindows("a new exe takes the place of the old one while the service runs", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  const call = commands(windows, home);
  await call("install");
  await call("start");
  await home.logged(/Started/);
  const fresh = await windows.home({}, "new");
  // Bytes after its end leave an exe as it is, and make another file of it.
  await fresh.append("icinga-warden.exe", "\0");
  const upgrade = commands(windows, fresh);
  const refused = await upgrade("install");
  assertEquals(refused.code, 1);
  assertMatch(refused.output, /runs a different exe/);
  const upgraded = await upgrade("install", "--force");
  assertEquals(upgraded.code, 0, upgraded.output);
  assertMatch(upgraded.output, /version: \d\S+ \(\S+\) {2}-> {2}\d\S+ \(\S+\)/);
  assertEquals((await windows.control(WARDEN, 0)).state, STATE.running);
  assertEquals(await home.size("icinga-warden.exe"), await fresh.size("icinga-warden.exe"));
  assertEquals((await home.log()).match(/Started icinga-warden/g)?.length, 2);
  assertEquals((await upgrade("install")).code, 0);
});

testWindows("an exe that does not run gives way to the old one", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  const call = commands(windows, home);
  await call("install");
  await call("start");
  await home.logged(/Started/);
  const before = await home.size("icinga-warden.exe");
  const broken = await windows.home({}, "new", "broken");
  const upgraded = await commands(windows, broken)("install", "--force");
  assertEquals(upgraded.code, 1);
  assertMatch(upgraded.output, /The new exe does not run: .*; going back to the old one/);
  assertEquals((await windows.control(WARDEN, 0)).state, STATE.running);
  assertEquals(await home.size("icinga-warden.exe"), before);
  assertEquals((await home.log()).match(/Started icinga-warden/g)?.length, 2);
}, "broken");

testWindows("the printed commands, pasted, do what install does", async (windows) => {
  const home = await windows.home(watching, "a & b (100%) ^c");
  windows.owns("warden paste");
  const call = (action: string, ...args: string[]) =>
    home.warden("service", action, "--name", "warden paste", ...args);
  await home.paste((await call("print")).output);
  const { commandLine } = JSON.parse((await call("status", "--json")).output);
  assertEquals(commandLine, `"${home.inside}\\icinga-warden.exe" run`);
  const { differs } = JSON.parse((await call("install", "--start", "delayed", "--json")).output);
  // Wine's sc knows no delayed start.
  assertEquals(differs.filter(({ setting }: { setting: string }) => setting !== "start"), []);
});

testWindows("a folder that everyone may write into is refused, or put right", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  await home.openToEveryone();
  const call = commands(windows, home);
  const refused = await call("install");
  assertEquals(refused.code, 1);
  assertEquals(await windows.state(WARDEN), undefined);
  const fixed = await call("install", "--fix-permissions");
  assertEquals(fixed.code, 0, fixed.output);
  assertEquals((await call("uninstall")).code, 0);
  assertEquals((await call("install")).code, 0, "the folder is safe now");
});

testWindows("a password is read from standard input, and shown to nobody", async (windows) => {
  const home = await windows.home({}, "a b");
  windows.owns("warden account");
  // The account that the tests run as is the one that is sure to be there.
  const user = (await windows.run("cmd.exe", "/c", "echo", "%USERNAME%")).output.trim();
  const install = `icinga-warden service install --name "warden account" --account ${user}`;
  const printed = await home.paste(`echo geheim| ${install} --password`, install);
  assertMatch(printed, /Installed service[^]*nothing changed/);
  assertEquals(printed.includes("geheim"), false, printed);
  const { account } = JSON.parse(
    (await home.warden("service", "status", "--name", "warden account", "--json")).output,
  );
  assertEquals(account, `.\\${user}`);
  const unknown = await home.warden("service", "install", "--account", "nobody.here$");
  assertEquals(unknown.code, 1);
});

testWindows("another program's service is left alone", async (windows) => {
  await windows.install(SERVICE);
  const home = await windows.home();
  for (const action of ["install", "uninstall", "start", "stop"]) {
    for (const dry of [[], ["--dry-run"]]) {
      assertEquals((await home.warden("service", action, "--name", SERVICE, ...dry)).code, 1);
    }
  }
  const forced = await home.warden("service", "install", "--name", SERVICE, "--force");
  assertEquals(forced.code, 1);
  assertEquals(await windows.state(SERVICE), STATE.running);
});

testWindows("what others could change is refused, whatever it says itself", async (windows) => {
  const shared = await windows.home({ "c.json": `{ "allowUnsafeHome": true }` }, "shared");
  await shared.openToEveryone();
  await shared.openToEveryone("c.json");
  const home = await windows.home({ "nssm/nssm.exe": "" }, FOLDER);
  const call = commands(windows, home);
  const config = ["--config", `${shared.inside}\\c.json`];
  for (const dry of [[], ["--dry-run"]]) {
    const refused = await call("install", ...config, ...dry);
    assertEquals(refused.code, 1, refused.output);
  }
  await home.openToEveryone("nssm");
  const nssm = ["--with", "nssm", "--nssm", `${home.inside}\\nssm\\nssm.exe`];
  assertEquals((await call("install", ...nssm)).code, 1);
  assertEquals(await windows.state(WARDEN), undefined);
  assertEquals((await call("install", ...config, "--fix-permissions")).code, 0);
});

testWindows("two agents are two services, and one stays when the other goes", async (windows) => {
  const first = await windows.home(watching, FOLDER), second = await windows.home({}, "second");
  windows.owns("warden second");
  const call = commands(windows, first);
  const other = (action: string, ...args: string[]) =>
    second.warden("service", action, "--name", "warden second", ...args);
  assertEquals((await call("install")).code, 0);
  assertEquals((await other("install")).code, 0);
  const key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\icinga-warden";
  const isKnown = async () => (await windows.run("reg.exe", "query", key)).code === 0;
  assertEquals((await other("uninstall")).code, 0);
  assertEquals((await other("uninstall", "--purge")).code, 1);
  assertEquals(await first.files(), ["icinga-warden.exe", "icinga-warden.json"]);
  assertEquals(await isKnown(), true);
  assertEquals((await call("uninstall")).code, 0);
  assertEquals(await isKnown(), false);
});

testWindows("a service made by hand is put right, with what it runs with", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  const elsewhere = await windows.home(watching, "elsewhere");
  const call = commands(windows, home);
  const line = `"${home.inside}\\icinga-warden.exe" --foreground --home ${elsewhere.inside}`;
  await windows.register(WARDEN, line);
  assertEquals((await call("install")).code, 1);
  const changed = await call("install", "--log-level", "debug", "--force");
  assertEquals(changed.code, 0, changed.output);
  assertMatch(changed.output, /command line: .* {2}-> {2}.* run --home .* --log-level debug/);
  assertEquals((await call("start")).code, 0);
  await elsewhere.logged(/Started/);
});

testWindows("a paused service is not started, and it is said how it goes on", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  const call = commands(windows, home);
  await call("install");
  await call("start");
  await windows.control(WARDEN, CONTROL.pause);
  await until("paused", async () => (await windows.control(WARDEN, 0)).state === STATE.paused);
  const started = await call("start", "--json");
  assertEquals(started.code, 1);
  assertEquals(JSON.parse(started.output).state, "PAUSED");
});

testWindows("a virtual account is there before its service is", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  windows.owns("warden_virtual");
  const install = ["service", "install", "--name", "warden_virtual", "--json"];
  const { code, output } = await home.warden(...install, "--account", "NT SERVICE\\warden_virtual");
  assertEquals(code, 0, output);
  const other = await home.warden(...install, "--account", "NT SERVICE\\another");
  assertEquals(other.code, 2);
});

testWindows("a service whose exe is gone gets the one that is called", async (windows) => {
  const home = await windows.home(watching, FOLDER);
  await commands(windows, home)("install");
  await Deno.remove(`${home.outside}/icinga-warden.exe`);
  const fresh = await windows.home({}, "new");
  const { code, output } = await commands(windows, fresh)("install", "--force");
  assertEquals(code, 0, output);
  assertEquals(await home.files(), ["icinga-warden.exe", "icinga-warden.json"]);
  assertEquals(await home.size("icinga-warden.exe"), await fresh.size("icinga-warden.exe"));
});

testWindows(
  "an error is JSON for scripts, and a password on the command line is not repeated",
  async (windows) => {
    const home = await windows.home(watching, FOLDER);
    const call = commands(windows, home);
    const { code, output } = await call("start", "--json");
    assertEquals([code, Object.keys(JSON.parse(output))], [1, ["service", "error"]]);
    const command = `icinga-warden service install --name "warden x" --account x --password`;
    const printed = await home.paste(`${command} geheim 2>&1`, `${command}=geheim 2>&1`);
    assertEquals(printed.match(/takes no value/g)?.length, 2, printed);
    assertEquals(printed.includes("geheim"), false, printed);
  },
);
