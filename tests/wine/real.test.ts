import { assertEquals, assertMatch } from "@std/assert";
import { testRealWindows } from "./machine.ts";

const WARDEN = "warden_real";

testRealWindows("Windows itself says what install has set", async (windows) => {
  const home = await windows.home();
  windows.owns(WARDEN);
  const installed = await home.warden("service", "install", "--name", WARDEN, "--fix-permissions");
  assertEquals(installed.code, 0, installed.output);
  const sc = async (verb: string) => (await windows.run("sc.exe", verb, WARDEN)).output;

  const configuration = await sc("qc");
  assertMatch(configuration, /: 2 .*\(DELAYED\)/);
  assertEquals(configuration.includes(`"${home.inside}\\icinga-warden.exe" run`), true);
  assertMatch(configuration, /: LocalSystem/);
  assertMatch(await sc("qfailure"), /86400[^]*5000[^]*30000[^]*60000/);
  assertMatch(await sc("qfailureflag"), /TRUE/i);
  assertMatch(await sc("qdescription"), /Keeps the Icinga 2 agent service running/);

  const { recovery, start } = JSON.parse(
    (await home.warden("service", "status", "--name", WARDEN, "--json")).output,
  );
  assertEquals({ recovery, start }, {
    recovery: { restartAfter: [5_000, 30_000, 60_000], resetAfter: 86_400, onErrors: true },
    start: "delayed",
  });
  const again = await home.warden("service", "install", "--name", WARDEN, "--json");
  assertEquals(JSON.parse(again.output).outcome, "unchanged");
  assertEquals(JSON.parse(again.output).warnings, []);
});

testRealWindows("--fix-permissions leaves a folder to administrators", async (windows) => {
  const home = await windows.home();
  await home.openToEveryone();
  windows.owns(WARDEN);
  const install = (...flags: string[]) =>
    home.warden("service", "install", "--name", WARDEN, ...flags);
  assertEquals((await install()).code, 1);
  assertEquals((await install("--fix-permissions")).code, 0);
  const { output } = await windows.run("icacls.exe", `${home.inside}\\icinga-warden.exe`);
  assertEquals(/Everyone|Authenticated/.test(output), false, output);
  assertMatch(output, /NT AUTHORITY\\SYSTEM:\(I\)\(F\)/);
});

testRealWindows("a service that fails is started again by Windows", async (windows) => {
  const home = await windows.home();
  windows.owns(WARDEN);
  await home.warden("service", "install", "--name", WARDEN, "--fix-permissions");
  await home.warden("service", "start", "--name", WARDEN);
  const { pid } = JSON.parse(
    (await home.warden("service", "status", "--name", WARDEN, "--json")).output,
  );
  await windows.run("taskkill.exe", "/f", "/pid", String(pid));
  await home.logged(/Started icinga-warden[^]*Started icinga-warden/);
});
