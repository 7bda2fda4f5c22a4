import { assertEquals } from "@std/assert";
import { nssmInstallCommands, nssmSettings, readNssmOutput } from "../../lib/windows/nssm.ts";

const service = {
  name: "icinga-warden",
  exe: "C:\\Program Files\\icinga-warden\\icinga-warden.exe",
  args: ["run", "--home", "D:\\my data\\"],
  home: "D:\\my data\\",
};

/** What NSSM's page "Usage" documents of the parameters that are set: a value each of its own kind. */
const DOCUMENTED: Readonly<Record<string, RegExp>> = {
  "Application": /^[A-Z]:\\.+\.exe$/,
  "AppParameters": /^run( |$)/,
  "AppDirectory": /^[A-Z]:\\/,
  "AppExit Default": /^(Restart|Ignore|Exit|Suicide)$/,
  "AppNoConsole": /^[01]$/,
  "AppRestartDelay": /^\d+$/,
  "AppStopMethodSkip": /^(?:[0-9]|1[0-5])$/,
  "AppStopMethodConsole": /^\d+$/,
  "AppThrottle": /^\d+$/,
  "Description": /./,
  "DisplayName": /./,
  "ObjectName": /./,
  "Start":
    /^(SERVICE_AUTO_START|SERVICE_DELAYED_AUTO_START|SERVICE_DEMAND_START|SERVICE_DISABLED)$/,
  "Type": /^(SERVICE_WIN32_OWN_PROCESS|SERVICE_INTERACTIVE_PROCESS)$/,
};

Deno.test("NSSM knows each parameter, and each value is of its kind", () => {
  for (const { parameter, value } of nssmSettings(service)) {
    const form = DOCUMENTED[parameter.join(" ")];
    assertEquals(form?.test(value), true, `${parameter.join(" ")} ${value}`);
  }
});

Deno.test("the arguments are one word, quoted for the program that NSSM starts", () => {
  const setting = nssmSettings(service).find(({ parameter }) => parameter[0] === "AppParameters");
  assertEquals(setting?.value, `run --home "D:\\my data\\\\"`);
});

Deno.test("Ctrl+C is let to reach the agent, and given more than the daemons' grace of 5 s", () => {
  const settings = new Map(nssmSettings(service).map((s) => [s.parameter[0], s.value]));
  assertEquals(settings.get("AppNoConsole"), "0");
  assertEquals(settings.get("AppStopMethodSkip"), "0");
  assertEquals(Number(settings.get("AppStopMethodConsole")) > 5_000, true);
});

Deno.test("a password stands as stars in what is to be typed", () => {
  const account = "DOM\\user";
  const commands = nssmInstallCommands("nssm.exe", { ...service, account, hasPassword: true });
  const words = commands.find((words) => words.includes("ObjectName"))!;
  assertEquals(words.slice(-3), ["ObjectName", account, "********"]);
});

Deno.test("services of other names have display names of their own", () => {
  const displayName = (name: string) =>
    nssmSettings({ ...service, name }).find(({ parameter }) => parameter[0] === "DisplayName");
  assertEquals(displayName("icinga-warden")?.value, "Icinga Warden");
  assertEquals(displayName("second")?.value, "Icinga Warden (second)");
});

Deno.test("what NSSM prints is read in UTF-16 and as it is", () => {
  const wide = new Uint8Array(new Uint16Array([..."Ja ä\r\n"].map((c) => c.charCodeAt(0))).buffer);
  assertEquals(readNssmOutput(wide), "Ja ä");
  assertEquals(readNssmOutput(new TextEncoder().encode("Restart\r\n")), "Restart");
  assertEquals(readNssmOutput(new Uint8Array()), "");
});
