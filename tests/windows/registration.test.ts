import { assertEquals } from "@std/assert";
import {
  defaultDisplayName,
  kindOfService,
  wantedRegistration,
} from "../../lib/windows/registration.ts";
import { describeRecovery, registrationDrift } from "../../lib/windows/settings.ts";
import { agentOf, samePath } from "../../lib/windows/agent_arguments.ts";

const EXE = "C:\\Program Files\\icinga-warden\\icinga-warden.exe";
const NAME = "icinga-warden";
const agent = agentOf(EXE, {});
const wanted = wantedRegistration(NAME, agent, {});

Deno.test("a service that is just so differs in nothing", () => {
  assertEquals(registrationDrift(wanted, wanted), []);
  assertEquals(wantedRegistration(NAME, agent, {}, wanted), wanted);
});

Deno.test("what this system does not tell does not differ", () => {
  const { description: _, recovery: __, ...told } = wanted;
  assertEquals(registrationDrift(told, wanted), []);
});

Deno.test("what differs is told, setting by setting", () => {
  const found = {
    commandLine: `${EXE} run`,
    displayName: "Other",
    description: "",
    account: ".\\bob",
    start: "manual",
    recovery: { restartAfter: [], resetAfter: 0, onErrors: false },
  } as const;
  const rows = registrationDrift(found, wanted).map(({ setting, found }) => `${setting}: ${found}`);
  assertEquals(rows, [
    `command line: ${EXE} run`,
    "display name: Other",
    "description: ",
    "account: .\\bob",
    "start: manual",
    "recovery: none",
  ]);
});

Deno.test("an account that is spelled otherwise is the same", () => {
  const found = { ...wanted, account: "NT Authority\\NetworkService" };
  const again = wantedRegistration(NAME, agent, { account: "NT AUTHORITY\\NetworkService" });
  assertEquals(registrationDrift(found, again), []);
});

Deno.test("what is not asked for stays, and what is asked for comes", () => {
  const found = { ...wanted, displayName: "Mine" };
  assertEquals(wantedRegistration(NAME, agent, {}, found).displayName, "Mine");
  assertEquals(wantedRegistration(NAME, agent, { displayName: "B" }, found).displayName, "B");
  const other = wantedRegistration(NAME, agentOf(EXE, { home: "E:\\a b" }), {}, found);
  assertEquals(other.commandLine, `"${EXE}" run --home "E:\\a b"`);
});

Deno.test("no two services have the same display name", () => {
  assertEquals(defaultDisplayName(NAME), "Icinga Warden");
  assertEquals(defaultDisplayName("second"), "Icinga Warden (second)");
  assertEquals(defaultDisplayName("x".repeat(256)).length, 256);
});

const kinds: [string, string][] = [
  [`"${EXE}" run`, "native"],
  [`${EXE} run`, "native"],
  [`"D:\\icinga-warden-0.1.exe" run`, "native"],
  [`"C:\\nssm\\nssm.exe"`, "nssm"],
  ["C:\\nssm\\win64\\NSSM64.EXE", "nssm"],
  [`"C:\\Program Files\\ICINGA2\\sbin\\icinga2.exe" --scm "daemon"`, "other"],
  ["C:\\Windows\\system32\\svchost.exe -k netsvcs", "other"],
];

for (const [line, kind] of kinds) {
  Deno.test(`${line}: ${kind}`, () => assertEquals(kindOfService(line, EXE), kind));
}

Deno.test("an exe that bears another name is its own service", () => {
  assertEquals(kindOfService(`"D:\\warden.exe" run`, "C:\\temp\\warden.exe"), "native");
});

Deno.test("paths are the same whatever their case and slashes", () => {
  assertEquals(samePath("c:/program files/x.EXE", "C:\\Program Files\\y\\..\\x.exe"), true);
  assertEquals(samePath("C:\\x.exe", "C:\\y.exe"), false);
});

Deno.test("a recovery is told with its delays, when it is taken and when it begins anew", () => {
  const recovery = { restartAfter: [5_000, 500], resetAfter: 60, onErrors: true };
  const text = "restart after 5 s, 0.5 s on";
  assertEquals(describeRecovery(recovery), `${text} crashes and errors, counted anew after 60 s`);
  const crashes = { ...recovery, onErrors: false };
  assertEquals(describeRecovery(crashes), `${text} crashes, counted anew after 60 s`);
  assertEquals(describeRecovery({ ...recovery, restartAfter: [] }), "none");
});
