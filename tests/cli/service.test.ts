import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parse } from "../../lib/cli/parse.ts";
import { readOrder, SERVICE_FLAGS } from "../../lib/cli/service/order.ts";
import { installService } from "../../lib/cli/service/install.ts";
import { uninstallService } from "../../lib/cli/service/uninstall.ts";
import { startService, stopService } from "../../lib/cli/service/control.ts";
import { FakeHost } from "../windows_lib/fake_host.ts";

const FOLDER = "C:\\Program Files\\icinga-warden";
const EXE = `${FOLDER}\\icinga-warden.exe`;
const NAME = "icinga-warden";

const order = (line: string) => {
  const [action = "", ...args] = line.split(" ");
  return readOrder(action, parse(args, SERVICE_FLAGS));
};
const install = (host: FakeHost, flags = "") =>
  installService(order(`install ${flags}`.trim()), host);
const registration = (host: FakeHost) => host.services.get(NAME)!.registration;

Deno.test("install registers the service and the source of its events", async () => {
  const host = new FakeHost();
  assertEquals(await install(host), 0);
  assertEquals(host.calls, ["create icinga-warden", "grant LocalSystem", "register events"]);
  assertEquals(registration(host), {
    commandLine: `"${EXE}" run`,
    displayName: "Icinga Warden",
    description: "Keeps the Icinga 2 agent service running and hosts daemons of your own.",
    account: "LocalSystem",
    start: "delayed",
    recovery: { restartAfter: [5_000, 30_000, 60_000], resetAfter: 86_400, onErrors: true },
  });
});

Deno.test("install a second time changes nothing", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden --account NetworkService");
  host.calls.length = 0;
  assertEquals(await install(host), 0);
  assertEquals(await install(host, "--home D:\\warden"), 0);
  assertEquals(host.calls, []);
});

Deno.test("install with other settings changes them with --force alone", async () => {
  const host = new FakeHost();
  await install(host);
  host.calls.length = 0;
  const flags = "--display-name Other --home D:\\warden";
  assertEquals(await install(host, flags), 1);
  assertEquals(host.calls, []);
  assertEquals(await install(host, `${flags} --force`), 0);
  assertEquals(host.calls[0], "change icinga-warden with ''");
  assertEquals(registration(host).displayName, "Other");
  assertEquals(registration(host).commandLine, `"${EXE}" run --home D:\\warden`);
});

Deno.test("a path with blanks and no quotes, which could be hijacked, is put right", async () => {
  const host = new FakeHost();
  await install(host);
  registration(host).commandLine = `${EXE} run --home D:\\x`;
  assertEquals(await install(host), 1);
  assertEquals(await install(host, "--force"), 0);
  assertEquals(registration(host).commandLine, `"${EXE}" run --home D:\\x`);
});

Deno.test("install without the rights of an administrator changes nothing", async () => {
  const host = new FakeHost();
  host.administrator = false;
  const error = await assertRejects(() => install(host));
  assertStringIncludes((error as Error).message, "opened as administrator");
  assertEquals(host.calls, []);
});

Deno.test("another program's service is left alone, even with --force", async () => {
  const host = new FakeHost();
  await install(host);
  registration(host).commandLine = `"C:\\Program Files\\ICINGA2\\sbin\\icinga2.exe" --scm`;
  await assertRejects(() => install(host, "--force"), Error, "which is not icinga-warden");
  const uninstall = () => uninstallService(order("uninstall"), host);
  await assertRejects(uninstall, Error, "it stays");
  assertEquals(host.services.size, 1);
});

const danger = { path: FOLDER, sid: "S-1-1-0", owns: false };

Deno.test("a folder that everyone may change is refused, and nothing is done", async () => {
  const host = new FakeHost();
  host.safety.dangers.push(danger);
  await assertRejects(() => install(host), Error, "Everyone (S-1-1-0) may change");
  assertEquals(host.calls, []);
});

Deno.test("--fix-permissions protects home and the exe's folder before anything else", async () => {
  const host = new FakeHost();
  await install(host, "--fix-permissions --home D:\\warden");
  assertEquals(host.calls.slice(0, 2), ["protect D:\\warden", `protect ${FOLDER}`]);
});

Deno.test("a folder of the administrator who installs is no reason to refuse", async () => {
  const host = new FakeHost();
  host.safety.dangers.push({ path: FOLDER, sid: host.caller, owns: true });
  assertEquals(await install(host), 0);
  host.safety.dangers.push({ path: FOLDER, sid: "S-1-5-21-1-2-3-1001", owns: true });
  await assertRejects(() => install(host, "--name another"), Error, "S-1-5-21-1-2-3-1001 owns");
});

Deno.test("an account with a password needs one, and one without takes none", async () => {
  const host = new FakeHost();
  await assertRejects(() => install(host, "--account DOM\\user"), Error, "add '--password'");
  await assertRejects(() => install(host, "--password"), Error, "leave out '--password'");
  assertEquals(await install(host, "--account DOM\\managed$"), 0);
  assertEquals(host.calls.slice(0, 2), ["create icinga-warden", "grant DOM\\managed$"]);
});

Deno.test("uninstall stops and removes, and leaves home alone", async () => {
  const host = new FakeHost();
  await install(host);
  await startService(order("start"), host);
  host.calls.length = 0;
  assertEquals(await uninstallService(order("uninstall"), host), 0);
  assertEquals(host.calls, ["stop icinga-warden", "remove icinga-warden"]);
  assertEquals(await uninstallService(order("uninstall"), host), 0);
});

Deno.test("uninstall --purge removes what the agent keeps in the service's home", async () => {
  const host = new FakeHost();
  await install(host, "--home D:\\warden");
  const kept = ["icinga-warden.exe", "metrics.password", "icinga-warden.previous.exe"];
  const own = ["icinga-warden.json", "icinga-warden.lock", "icinga-warden.run.json", "daemons"];
  const others = ["logs", "control.token", "state.json", "state.json.damaged"];
  for (const name of [...kept, ...own, ...others]) host.disk.set(`D:\\warden\\${name}`, "");
  await uninstallService(order("uninstall --purge"), host);
  assertEquals([...host.disk.keys()], kept.map((name) => `D:\\warden\\${name}`));
});

Deno.test("a service that is marked for deletion and stays is said to", async () => {
  const host = new FakeHost();
  await install(host);
  host.held = true;
  host.disk.set(`${FOLDER}\\state.json`, "");
  assertEquals(await uninstallService(order("uninstall --purge"), host), 1);
  assertEquals(host.disk.size, 1, "nothing is purged while the service is there");
});

Deno.test("start and stop say how it came out", async () => {
  const host = new FakeHost();
  await assertRejects(
    () => Promise.resolve().then(() => startService(order("start"), host)),
    Error,
    "service install",
  );
  await install(host);
  assertEquals(await startService(order("start"), host), 0);
  assertEquals(await startService(order("start"), host), 0);
  assertEquals(await stopService(order("stop"), host), 0);
  assertEquals(await stopService(order("stop"), host), 0);
  host.runs = () => false;
  assertEquals(await startService(order("start"), host), 1);
  assertEquals(host.calls.filter((call) => /^st/.test(call)), [
    "start icinga-warden",
    "stop icinga-warden",
    "start icinga-warden",
  ]);
});

/** A host whose service runs from another folder than the exe that is called. */
async function withOldExe(): Promise<FakeHost> {
  const host = new FakeHost();
  await install(host);
  registration(host).commandLine = `"D:\\old\\icinga-warden.exe" run`;
  host.disk.set("D:\\old\\icinga-warden.exe", "old").set(EXE, "new");
  await startService(order("start"), host);
  host.calls.length = 0;
  return host;
}

Deno.test("a new exe takes the place of the old one with --force alone", async () => {
  const host = await withOldExe();
  assertEquals(await install(host), 1);
  assertEquals(host.disk.get("D:\\old\\icinga-warden.exe"), "old");
  assertEquals(await install(host, "--force"), 0);
  assertEquals(host.calls, ["stop icinga-warden", "start icinga-warden"]);
  assertEquals(Object.fromEntries(host.disk), {
    [EXE]: "new",
    "D:\\old\\icinga-warden.exe": "new",
    "D:\\old\\icinga-warden.previous.exe": "old",
  });
  assertEquals(await install(host), 0);
});

Deno.test("an exe that does not run gives way to the old one", async () => {
  const host = await withOldExe();
  host.runs = (content) => content === "old";
  const error = await assertRejects(() => install(host, "--force"), Error);
  assertStringIncludes(error.message, "it stopped with code 2; the old one runs again");
  assertEquals(Object.fromEntries(host.disk), {
    [EXE]: "new",
    "D:\\old\\icinga-warden.exe": "old",
  });
  assertEquals(host.database.standing(NAME)?.state, 4);
});

Deno.test("NSSM is told each setting, once", async () => {
  const host = new FakeHost();
  assertEquals(await install(host, "--with nssm --home D:\\warden"), 0);
  assertEquals(host.calls[0], `install icinga-warden ${EXE}`);
  assertEquals(host.nssm.get("icinga-warden AppParameters"), "run --home D:\\warden");
  // NSSM itself has made the service that the service control manager knows.
  host.database.create(NAME, {
    ...(await installed()),
    commandLine: `"C:\\nssm\\nssm.exe"`,
    displayName: host.nssm.get("icinga-warden DisplayName")!,
  });
  host.calls.length = 0;
  assertEquals(await install(host, "--with nssm --home D:\\warden"), 0);
  assertEquals(host.calls, []);
  assertEquals(await install(host, "--with nssm --home D:\\other"), 1);
  assertEquals(host.calls, []);
  assertEquals(await install(host, "--with nssm --home D:\\other --force"), 0);
  assertEquals(host.calls, [
    "set icinga-warden AppParameters run --home D:\\other",
    "set icinga-warden AppDirectory D:\\other",
  ]);
  await assertRejects(() => install(host), Error, "under NSSM");
});

async function installed() {
  const host = new FakeHost();
  await install(host);
  return registration(host);
}

Deno.test("an NSSM that is not there is asked for", async () => {
  const host = new FakeHost();
  host.nssmPresent = false;
  await assertRejects(() => install(host, "--with nssm"), Error, "name nssm.exe with --nssm");
});
