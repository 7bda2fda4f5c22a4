import { assertEquals } from "@std/assert";
import { testWindows } from "./machine.ts";

testWindows("warnings and worse are in the event log", async (windows) => {
  const events = await windows.events(await windows.home({}, "home", "events"));
  assertEquals(events.sort((a, b) => a.id - b.id), [
    { type: 2, id: 100 },
    { type: 2, id: 101 },
    { type: 1, id: 200 },
    { type: 1, id: 201 },
    { type: 1, id: 300 },
  ]);
}, "events");

testWindows("install registers the source of events, and uninstall removes it", async (windows) => {
  const home = await windows.home();
  const key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\icinga-warden";
  const file = () => windows.run("reg.exe", "query", key, "/v", "EventMessageFile");
  windows.owns("warden events");
  const install = await home.warden("service", "install", "--name", "warden events");
  assertEquals(install.code, 0, install.output);
  const { code, output } = await file();
  assertEquals([code, /%SystemRoot%\\System32\\EventCreate\.exe/.test(output)], [0, true], output);
  const uninstall = await home.warden("service", "uninstall", "--name", "warden events");
  assertEquals(uninstall.code, 0, uninstall.output);
  assertEquals((await file()).code, 1, uninstall.output);
});
