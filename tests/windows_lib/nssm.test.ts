import { assertEquals } from "@std/assert";
import { agentOf } from "../../lib/windows/agent_arguments.ts";
import { wantedRegistration } from "../../lib/windows/registration.ts";
import { nssmSettings, readNssmOutput } from "../../lib/windows/settings.ts";

const agent = agentOf("C:\\Program Files\\icinga-warden\\icinga-warden.exe", {
  home: "D:\\my data\\",
});
const settings = new Map(
  nssmSettings(wantedRegistration("icinga-warden", agent, {}), agent),
);

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
  assertEquals([...settings.keys()].sort(), Object.keys(DOCUMENTED).sort());
  for (const [parameter, value] of settings) {
    assertEquals(DOCUMENTED[parameter]?.test(value), true, `${parameter} ${value}`);
  }
});

Deno.test("the arguments are one word, quoted for the program that NSSM starts", () => {
  assertEquals(settings.get("AppParameters"), `run --home "D:\\my data\\\\"`);
});

Deno.test("Ctrl+C is let to reach the agent, and a stop is given more than the 12 s that it may take", () => {
  assertEquals(settings.get("AppNoConsole"), "0");
  assertEquals(settings.get("AppStopMethodSkip"), "0");
  assertEquals(settings.get("AppStopMethodConsole"), "20000");
});

Deno.test("what NSSM prints is read in UTF-16 and as it is", () => {
  const wide = new Uint8Array(new Uint16Array([..."Ja ä\r\n"].map((c) => c.charCodeAt(0))).buffer);
  assertEquals(readNssmOutput(wide), "Ja ä");
  assertEquals(readNssmOutput(new TextEncoder().encode("Restart\r\n")), "Restart");
  assertEquals(readNssmOutput(new Uint8Array()), "");
});
