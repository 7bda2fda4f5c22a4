import { assertEquals, assertRejects } from "@std/assert";
import { agentOf } from "../../lib/windows/agent_arguments.ts";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { wantedRegistration } from "../../lib/windows/registration.ts";
import { STATE } from "../../lib/windows/service_status.ts";
import { upgradeExe } from "../../lib/windows/upgrade.ts";
import { FakeHost } from "./fake_host.ts";

const FROM = "C:\\new\\icinga-warden.exe", TO = "C:\\w\\icinga-warden.exe";

/** A machine whose service runs the exe `old`, unless it is stopped; and an upgrade of it with what it says. */
function machine({ running = true } = {}) {
  const host = new FakeHost();
  host.disk.set(FROM, "new").set(TO, "old");
  host.database.create("w", wantedRegistration("w", agentOf(TO, {}), {}));
  if (running) host.database.start("w");
  host.calls.length = 0;
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const upgrade = () => upgradeExe({ host, service: "w", from: FROM, to: TO, say });
  const files = () =>
    [...host.disk].filter(([path]) => path !== FROM)
      .map(([path, content]) => `${path.slice("C:\\w\\icinga-warden".length)} ${content}`);
  return { host, said, upgrade, files };
}

Deno.test("each step of an upgrade is said, and the old exe is kept", async () => {
  const { host, said, upgrade, files } = machine();
  await upgrade();
  assertEquals(said, [
    "Stopping service 'w'",
    "Starting service 'w' with the new exe",
    "The new exe runs",
    "The old exe is C:\\w\\icinga-warden.previous.exe",
  ]);
  assertEquals(files(), [".exe new", ".previous.exe old"]);
  assertEquals(host.calls, ["stop w", "start w"]);
});

Deno.test("a service that did not run is upgraded and not started", async () => {
  const { host, said, upgrade, files } = machine({ running: false });
  await upgrade();
  assertEquals(said, [
    "The new exe is in place; service 'w' did not run and is not started",
    "The old exe is C:\\w\\icinga-warden.previous.exe",
  ]);
  assertEquals([files(), host.calls], [[".exe new", ".previous.exe old"], []]);
});

Deno.test("where the new exe cannot be copied the old one was never moved, and runs", async () => {
  const { host, upgrade, files } = machine();
  host.files.copy = (_, to) => (host.disk.set(to, "ne"), Promise.reject(new Error("disk full")));
  const { message } = await assertRejects(upgrade, Error);
  assertEquals(message, "Cannot upgrade: disk full; the old exe is in its place");
  assertEquals([files(), host.calls], [[".exe old"], ["stop w", "start w"]]);
});

Deno.test("where there was no exe that is said", async () => {
  const { host, upgrade, files } = machine({ running: false });
  host.disk.delete(TO);
  host.files.copy = () => Promise.reject(new Error("disk full"));
  const { message } = await assertRejects(upgrade, Error);
  assertEquals(message, `Cannot upgrade: disk full; there is no exe at ${TO}`);
  assertEquals([files(), host.calls], [[], []]);
});

Deno.test("a new exe that hangs in its start for 30 s gives way to the old one", async () => {
  const { host, upgrade, files } = machine();
  const { start } = host.database;
  host.database.start = (name) => {
    host.takes = host.disk.get(TO) === "new" ? 31_000 : 0;
    start(name);
  };
  const { message } = await assertRejects(upgrade, Error);
  assertEquals(
    message,
    "The new exe does not run: it was not RUNNING within 30 s; the old one runs again",
  );
  assertEquals(files(), [".exe old"]);
  assertEquals(host.calls, ["stop w", "start w", "stop w", "start w"]);
});

Deno.test("it goes back too where the service takes no stop, or no start", async () => {
  const { host, upgrade, files } = machine();
  const { start, stop } = host.database;
  host.database.start = (name) => {
    if (host.disk.get(TO) === "new") throw new WindowsError(1058, "start service 'w'");
    host.database.stop = () => {
      throw new WindowsError(1061, "stop service 'w'");
    };
    start(name);
  };
  const { message } = await assertRejects(upgrade, Error);
  assertEquals(
    message.replace(/ \(.*\)/, ""),
    "The new exe does not run: Cannot start service 'w': it is disabled; set its start type to automatic in services.msc; the old one runs again",
  );
  assertEquals([files(), host.database.query("w")?.state], [[".exe old"], STATE.running]);
  host.database.stop = stop;
});

Deno.test("where neither exe runs that is said, and so is a code of Windows itself", async () => {
  const { host, upgrade, files } = machine();
  const { start } = host.database;
  host.runs = () => false;
  host.database.start = (name) => {
    start(name);
    host.services.get("w")!.status.exitCode = 193;
  };
  const { message } = await assertRejects(upgrade, Error);
  assertEquals(
    message,
    "The new exe does not run: it stopped with code 193; " +
      "the old one is back in its place but does not run either; look into its log",
  );
  assertEquals(files(), [".exe old"]);
});

Deno.test("where there is no old exe there is none to go back to", async () => {
  const { host, upgrade, files } = machine();
  host.disk.delete(TO);
  host.runs = () => false;
  const { message } = await assertRejects(upgrade, Error);
  assertEquals(
    message,
    "The new exe does not run: it stopped with code 2; there is no old one to go back to",
  );
  assertEquals(files(), [".exe new"]);
});
