import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { sign } from "../exe/sign.ts";
import { isRealWindows, testWindows, type Windows } from "./machine.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The packages, from dist/windows/. */
const CURRENT = "../icinga-warden.msi", OLDER = "older.msi", BROKEN = "broken.msi";
const SERVICE = "icinga-warden";

/** A case in which packages are installed; they and their folder are gone when it has ended. */
function testPackage(name: string, test: (windows: Windows) => Promise<void>): void {
  testWindows(name, async (windows) => {
    windows.owns(SERVICE);
    try {
      await test(windows);
    } finally {
      for (const msi of [CURRENT, OLDER, BROKEN]) await windows.msiexec("/x", msi, "PURGE=1");
      await Deno.remove(windows.installed().outside, { recursive: true }).catch(() => {});
    }
  }, OLDER);
}

/** What `service status --json` of the installed exe says. */
async function status(windows: Windows): Promise<{ state: string; commandLine: string }> {
  const { output } = await windows.installed().warden("service", "status", "--json");
  return JSON.parse(output);
}

/** Which exe lies there: that of which package. */
async function exe(windows: Windows): Promise<"older" | "current" | "other"> {
  const [there, older, current] = await Promise.all([
    `${windows.installed().outside}/icinga-warden.exe`,
    here("../../dist/windows/older.exe"),
    here("../../dist/icinga-warden.exe"),
  ].map(digest));
  return there === older ? "older" : there === current ? "current" : "other";
}

async function digest(file: string): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", await Deno.readFile(file));
  return new Uint8Array(sum).join();
}

testPackage("an MSI installs a service that runs, and removes it again", async (windows) => {
  const installed = windows.installed();
  assertEquals(await windows.msiexec("/i", CURRENT, "MODE=observe"), 0);
  const { state, commandLine } = await status(windows);
  assertEquals(state, "RUNNING");
  assertEquals(commandLine, `"${installed.inside}\\icinga-warden.exe" run --mode observe`);
  await installed.logged(/Started icinga-warden/);
  await installed.write("icinga-warden.json", "{}");
  assertEquals(await windows.msiexec("/x", CURRENT), 0);
  assertEquals(await windows.state(SERVICE), undefined);
  const left = await installed.files();
  assertEquals(left.includes("icinga-warden.exe"), false);
  assertEquals(left.filter((name) => /json$|^logs$/.test(name)), [
    "icinga-warden.json",
    "icinga-warden.run.json",
    "logs",
    "state.json",
  ]);
});

testPackage("an MSI's START=0 starts nothing, and its PURGE=1 leaves nothing", async (windows) => {
  assertEquals(await windows.msiexec("/i", CURRENT, "START=0"), 0);
  assertEquals((await status(windows)).state, "STOPPED");
  assertEquals(await windows.msiexec("/x", CURRENT, "PURGE=1"), 0);
  assertEquals(await windows.state(SERVICE), undefined);
  assertEquals(await windows.installed().files().catch(() => []), []);
});

testPackage("an MSI's upgrade keeps home, configuration and settings", async (windows) => {
  const home = await windows.home({ "warden.json": "{}" }, "home of warden");
  const config = `${home.inside}\\warden.json`;
  const properties = `HOME="${home.inside}" CONFIG="${config}" ACCOUNT=LocalSystem MODE=observe`;
  assertEquals(await windows.msiexec("/i", OLDER, properties), 0);
  const before = await status(windows);
  assertMatch(before.commandLine, / run --home ".*home of warden" --config ".*" --mode observe$/);
  await home.logged(/Started icinga-warden/);
  assertEquals(await exe(windows), "older");
  // Deployment tools call every version with the same properties; others count for a new service alone.
  assertEquals(await windows.msiexec("/i", CURRENT, "MODE=act"), 0);
  assertEquals(await exe(windows), "current");
  const after = await status(windows);
  assertEquals([after.state, after.commandLine], ["RUNNING", before.commandLine]);
  await home.logged(/Started icinga-warden[^]*Started icinga-warden/);
  assertEquals(await home.read("warden.json"), "{}");
});

testPackage("an MSI whose exe does not run fails, and leaves no service", async (windows) => {
  assertNotEquals(await windows.msiexec("/i", BROKEN), 0);
  assertEquals(await windows.state(SERVICE), undefined);
  assertMatch(await windows.installed().read("install.log"), /Windows error 1053|exit code/);
});

testPackage("an MSI does not replace a version that runs by one that does not", async (windows) => {
  assertEquals(await windows.msiexec("/i", OLDER), 0);
  assertNotEquals(await windows.msiexec("/i", BROKEN), 0);
  // Wine's Windows Installer calls the actions of a rollback, but puts back no file and no service.
  if (!isRealWindows) return;
  assertEquals(await exe(windows), "older");
  assertEquals((await status(windows)).state, "RUNNING");
});

testPackage("an MSI leaves alone a service that runs another exe", async (windows) => {
  const home = await windows.home();
  const installed = await home.warden("service", "install", "--fix-permissions");
  assertEquals(installed.code, 0, installed.output);
  assertNotEquals(await windows.msiexec("/i", CURRENT), 0);
  const { output } = await home.warden("service", "status", "--json");
  assertEquals(JSON.parse(output).commandLine, `"${home.inside}\\icinga-warden.exe" run`);
});

testPackage("an MSI takes over a service that was installed by hand", async (windows) => {
  const installed = windows.installed();
  await Deno.mkdir(installed.outside);
  await Deno.copyFile(
    here("../../dist/windows/older.exe"),
    `${installed.outside}/icinga-warden.exe`,
  );
  const byHand = await installed.warden("service", "install", "--start", "manual");
  assertEquals(byHand.code, 0, byHand.output);
  assertEquals(await windows.msiexec("/i", CURRENT), 0);
  assertEquals(await exe(windows), "current");
  // What is started by hand is not started by the package.
  const { state, commandLine } = await status(windows);
  assertEquals(state, "STOPPED");
  assertEquals(commandLine, `"${installed.inside}\\icinga-warden.exe" run`);
});

testPackage(
  "the commands of docs/deploy.md install by hand, and an MSI takes over",
  async (windows) => {
    const page = await Deno.readTextFile(here("../../docs/deploy.md"));
    const [, commands = ""] = /\n## By hand\n[^]*?```\n([^]*?)\n```/.exec(page) ?? [];
    assertEquals(commands.split("\n").length, 6);
    const download = await windows.home({}, "download");
    const said = await download.paste(...commands.split("\n"));
    assertMatch(said, /Service 'icinga-warden' is RUNNING/);
    assertEquals(await windows.msiexec("/i", CURRENT), 0);
    assertEquals((await status(windows)).state, "RUNNING");
  },
);

testWindows("a signed exe runs", async (windows) => {
  const home = await windows.home();
  // On Windows the exe of a release is signed already.
  if (!isRealWindows) await sign(`${home.outside}/icinga-warden.exe`, home.outside);
  const { code, output } = await home.warden("version");
  assertEquals(code, 0);
  assertMatch(output, /^icinga-warden \d/);
});
