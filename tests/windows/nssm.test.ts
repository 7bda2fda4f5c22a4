import { assertEquals } from "@std/assert";
import { agentOf } from "../../lib/windows/agent_arguments.ts";
import { wantedRegistration } from "../../lib/windows/registration.ts";
import { explainShortStop, readNssmSettings } from "../../lib/windows/nssm.ts";
import { nssmDrift, nssmSettings, readNssmOutput } from "../../lib/windows/settings.ts";

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
  assertEquals(readNssmOutput(new Uint8Array([0x43, 0x3a, 0x5c, 0xe4, 13, 10])), "C:\\ä");
  assertEquals(readNssmOutput(new Uint8Array()), "");
});

const KEY = "SYSTEM\\CurrentControlSet\\Services\\w\\Parameters";
const EXE = "C:\\ä\\icinga-warden.exe";

Deno.test("NSSM's settings are read from the registry; where it has none NSSM's defaults count", () => {
  const values = new Map<string, string | number>([
    [`${KEY} Application`, EXE],
    [`${KEY} AppThrottle`, 10_000],
    [`${KEY}\\AppExit `, "Exit"],
  ]);
  assertEquals(readNssmSettings("w", (key, name) => values.get(`${key} ${name}`)), {
    "Application": EXE,
    "AppParameters": "",
    "AppDirectory": "",
    "AppExit Default": "Exit",
    "AppRestartDelay": "0",
    "AppThrottle": "10000",
    "AppNoConsole": "0",
    "AppStopMethodSkip": "0",
    "AppStopMethodConsole": "1500",
  });
  assertEquals(readNssmSettings("w", () => undefined), undefined);
});

Deno.test("a stop that NSSM cuts short is explained by the setting that is too short", () => {
  const explain = (settings: Record<string, string | number>, service = "w") =>
    explainShortStop("c:\\Ä\\ICINGA-WARDEN.exe", 12_000, {
      database: { names: () => ["other", service] },
      nssmSettings: (name) =>
        name === "other" ? undefined : readNssmSettings(name, (_, name) => settings[name]),
    });
  assertEquals(
    explain({ Application: EXE }),
    "NSSM ends service 'w' 1.5 s after it has asked for a stop, which may take 12 s: call 'nssm set w AppStopMethodConsole 20000'",
  );
  assertEquals(explain({ Application: EXE, AppStopMethodConsole: 20_000 }), undefined);
  assertEquals(explain({ Application: "C:\\other.exe" }), undefined);
  const named = explain({ Application: EXE }, "by hand");
  assertEquals(named?.endsWith(`'nssm set "by hand" AppStopMethodConsole 20000'`), true, named);
});

Deno.test("of a service under NSSM only what is told and has another value differs", () => {
  const agent = agentOf("C:\\w\\icinga-warden.exe", { home: "D:\\my home" });
  const wanted = wantedRegistration("icinga-warden", agent, {
    account: "NT AUTHORITY\\LocalService",
  });
  const told = Object.fromEntries(nssmSettings(wanted, agent));
  const drift = (found: Partial<typeof wanted>, settings = told) =>
    nssmDrift({ ...wanted, ...found }, settings, wanted, agent).map(({ setting, found, wanted }) =>
      `${setting}: ${found}, not ${wanted}`
    );
  assertEquals([drift({}), drift({}, {})], [[], []]);
  assertEquals(drift({ account: "nt authority\\localservice" }), []);
  assertEquals(drift({ account: ".\\bob" }), [
    "ObjectName: .\\bob, not NT AUTHORITY\\LocalService",
  ]);
  assertEquals(drift({ displayName: "Mine" }, {}), ["DisplayName: Mine, not Icinga Warden"]);
  assertEquals(drift({ start: "manual" }), [
    "Start: SERVICE_DEMAND_START, not SERVICE_DELAYED_AUTO_START",
  ]);
  assertEquals(drift({}, { ...told, AppParameters: "run" }), [
    `AppParameters: run, not run --home "D:\\my home"`,
  ]);
});
