import { assertEquals } from "@std/assert";
import {
  agentPaths,
  type CheckedPath,
  dangersOf,
  type Demand,
  describeDangers,
  foldersOf,
  inspectPaths,
  isConfigSafe,
  isProtectable,
  modulePaths,
  safeDescriptor,
  type SafetyHost,
  trustedAccounts,
  trustOf,
} from "../../lib/windows/home_safety.ts";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { readSecurityDescriptor } from "../../lib/windows/security_descriptor.ts";

const path = "C:\\x";
const ANN = "S-1-5-21-9-8-7-1001";
const SERVER_ADMINS = "S-1-5-21-9-8-7-1105";

/** A machine on which a group of the domain and the local administrator belong to Administrators. */
const host: SafetyHost = {
  read: () => "O:BAD:(A;;FA;;;SY)",
  administrators: () => [SERVER_ADMINS, "S-1-5-21-1-2-3-500"],
  sidOfLetters(letters) {
    if (letters === "LA") return "S-1-5-21-1-2-3-500";
    throw new Error(`Cannot read the security identifier ${letters}`);
  },
  accountOf(sid) {
    if (sid === ANN) return { domain: "DOM", name: "ann" };
    throw new Error(`Cannot find the account ${sid}`);
  },
};
const verdict = (text: string, demand: Demand = "unwritable", trusted: string[] = []) =>
  dangersOf({ path, demand }, readSecurityDescriptor(text), trustOf(trusted, () => {}, host))
    .map(({ sid, owns }) => `${owns ? "owner " : ""}${sid}`);

const TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
const verdicts: [text: string, dangers: string[]][] = [
  // safe: Program Files, what --fix-permissions sets, reading by everyone
  ["O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", []],
  [`O:${TRUSTED_INSTALLER}D:(A;;FA;;;SY)(A;;0x1200a9;;;WD)`, []],
  ["O:SYD:(A;OICIIO;GA;;;CO)(A;;FA;;;BA)", []],
  ["O:SYD:(A;;0x1200a9;;;AC)(A;;FRFX;;;WD)", []],
  ["O:SYD:", []],
  // groups of ordinary users that write, by whatever right
  ["O:BAD:(A;;FA;;;WD)", ["S-1-1-0"]],
  ["O:BAD:(A;OICIID;0x1301bf;;;AU)", ["S-1-5-11"]],
  ["O:BAD:(A;;0x100116;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;DC;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;LC;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;DT;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;SD;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;WD;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;WO;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;GW;;;IU)", ["S-1-5-4"]],
  ["O:BAD:(A;;GA;;;BU)", ["S-1-5-32-545"]],
  ["O:BAD:(A;;GRGX;;;BU)", []],
  ["O:BAD:(A;OICIIO;GA;;;BG)(A;CIIOID;FA;;;WD)", []],
  ["O:BAD:(A;;FA;;;S-1-5-21-9-8-7-513)", ["S-1-5-21-9-8-7-513"]],
  ["O:BAD:(A;;FA;;;WD)(A;;FW;;;WD)(A;;FA;;;BU)", ["S-1-1-0", "S-1-5-32-545"]],
  ["O:BA", ["undefined"]],
  ["O:BAD:NO_ACCESS_CONTROL", ["undefined"]],
  // anybody else that is not known to be an administrator
  [`O:BAD:(A;;FA;;;${ANN})`, [ANN]],
  [`O:BAD:(A;;FW;;;${ANN})(A;;FR;;;S-1-5-21-9-8-7-1002)`, [ANN]],
  ["O:BAD:(A;;FA;;;NS)", ["S-1-5-20"]],
  ["O:BAD:(A;;FA;;;LS)", ["S-1-5-19"]],
  ["O:BAD:(A;;FA;;;BO)", ["S-1-5-32-551"]],
  ["O:BAD:(A;;FA;;;IS)", ["IS"]],
  ["O:BAD:(A;;FA;;;S-1-5-82-1-2-3)", ["S-1-5-82-1-2-3"]],
  ["O:BAD:(A;;FA;;;S-1-15-2-1-2-3)", ["S-1-15-2-1-2-3"]],
  ["O:BAD:(A;;FA;;;S-1-5-21-9-8-7-512)", ["S-1-5-21-9-8-7-512"]],
  // those who belong to Administrators
  [`O:${SERVER_ADMINS}D:(A;;FA;;;${SERVER_ADMINS})(A;;FA;;;LA)`, []],
  // who stands for the owner
  ["O:BAD:(A;;FA;;;CO)(A;;FA;;;OW)", []],
  [`O:${ANN}D:(A;;FA;;;CO)(A;;FA;;;${ANN})(A;;FA;;;OW)`, [`owner ${ANN}`]],
  // owners
  ["O:S-1-5-21-9-8-7-1001D:(A;;FA;;;SY)", ["owner S-1-5-21-9-8-7-1001"]],
  ["O:BUD:(A;;FA;;;SY)", ["owner S-1-5-32-545"]],
  // writing attributes is none of it
  ["O:BAD:(A;;0x120189;;;BU)", []],
];

for (const [text, dangers] of verdicts) {
  Deno.test(`${text} is ${dangers.length === 0 ? "safe" : "not safe"}`, () => {
    assertEquals(verdict(text), dangers);
  });
}

Deno.test("above the agent's folders others may add, but not replace", () => {
  // C:\ of a new Windows: everybody who is logged on may make folders
  const drive = "O:SYD:(A;OICI;FA;;;BA)(A;OICIIO;0x1301bf;;;AU)(A;;LC;;;AU)";
  assertEquals(verdict("O:BAD:(A;;LC;;;AU)", "unreplaceable"), []);
  assertEquals(verdict("O:BAD:(A;;DT;;;AU)", "unreplaceable"), ["S-1-5-11"]);
  assertEquals(verdict(drive, "unreplaceable"), []);
  assertEquals(verdict(`O:BAD:(A;;SD;;;${ANN})`, "unreplaceable"), [ANN]);
});

Deno.test("whom the service runs as may own its files", () => {
  const text = "O:S-1-5-21-9-8-7-1001D:(A;;FA;;;S-1-5-21-9-8-7-1001)";
  assertEquals(verdict(text, "unwritable", ["S-1-5-21-9-8-7-1001"]), []);
});

Deno.test("what --fix-permissions sets is safe, for whatever account", () => {
  const account = "S-1-5-21-9-8-7-1104";
  assertEquals(verdict(safeDescriptor()), []);
  assertEquals(verdict(safeDescriptor("S-1-5-18")), []);
  assertEquals(safeDescriptor("S-1-5-18"), safeDescriptor());
  assertEquals(verdict(safeDescriptor(account), "unwritable", [account]), []);
  assertEquals(verdict(safeDescriptor(account)), [account], "another service may not");
  assertEquals(safeDescriptor(account).includes(`(A;OICI;0x1301bf;;;${account})`), true);
});

Deno.test("dangers are told in a line for each who", () => {
  assertEquals(
    describeDangers([
      { path: "C:\\a", sid: "S-1-1-0", owns: false },
      { path: "C:\\b", sid: "S-1-1-0", owns: false },
      { path: "C:\\a", sid: "S-1-5-21-9-8-7-1001", owns: true },
      { path: "C:\\c", sid: undefined, owns: false },
    ]),
    [
      "Everyone (S-1-1-0) may change C:\\a, C:\\b",
      "S-1-5-21-9-8-7-1001 owns C:\\a; the owner should be Administrators, SYSTEM or TrustedInstaller",
      "Everyone may change C:\\c: no access list is there",
    ],
  );
});

const files = {
  exe: "C:\\Tools\\warden\\icinga-warden.exe",
  home: "D:\\Data\\warden",
  config: "D:\\Data\\warden\\icinga-warden.json",
};

Deno.test("the paths that are looked at", () => {
  assertEquals(agentPaths(files).map(({ path, demand }) => `${demand} ${path}`), [
    "unwritable C:\\Tools\\warden\\icinga-warden.exe",
    "unwritable C:\\Tools\\warden",
    "unwritable D:\\Data\\warden",
    "unwritable D:\\Data\\warden\\daemons",
    "unwritable D:\\Data\\warden\\icinga-warden.json",
    "unreplaceable C:\\Tools",
    "unreplaceable D:\\Data",
  ]);
  assertEquals(foldersOf(files), ["D:\\Data\\warden", "C:\\Tools\\warden"]);
  const config = "C:\\Tools\\warden\\c.json";
  assertEquals(foldersOf({ ...files, config, home: "c:\\tools\\warden" }), [
    "c:\\tools\\warden",
  ]);
});

Deno.test("a configuration and an NSSM that lie elsewhere are looked at with their folders", () => {
  const elsewhere = {
    ...files,
    config: "E:\\shared\\conf\\c.json",
    runner: "F:\\a\\nssm\\nssm.exe",
  };
  const watched = agentPaths(elsewhere).map(({ path, demand }) => `${demand} ${path}`);
  const expected = [
    ...["unwritable E:\\shared\\conf\\c.json", "unwritable E:\\shared\\conf"],
    ...["unwritable F:\\a\\nssm\\nssm.exe", "unwritable F:\\a\\nssm"],
    ...["unreplaceable E:\\shared", "unreplaceable F:\\a"],
  ];
  assertEquals(expected.filter((line) => !watched.includes(line)), []);
  assertEquals(foldersOf(elsewhere).includes("E:\\shared\\conf"), true);
});

Deno.test("a path is looked at once, in whatever case it is written", () => {
  const mixed = { exe: "C:\\W\\A\\x.exe", home: "c:\\w\\a", config: "C:\\w\\A\\c.json" };
  const paths = agentPaths(mixed).map(({ path }) => path.toLowerCase());
  assertEquals(paths.length, new Set(paths).size, paths.join());
});

Deno.test("of a module all that it imports is looked at, and what lies above where it is elsewhere", () => {
  const inHome = ["D:\\Data\\warden\\daemons\\a.js", "D:\\Data\\warden\\daemons\\lib\\go.js"];
  const elsewhere = "E:\\par\\m\\mod.js";
  const watched = modulePaths([...inHome, elsewhere], files);
  assertEquals(watched.map(({ path, demand }) => `${demand} ${path}`), [
    "unwritable D:\\Data\\warden\\daemons\\a.js",
    "unwritable D:\\Data\\warden\\daemons",
    "unwritable D:\\Data\\warden\\daemons\\lib\\go.js",
    "unwritable D:\\Data\\warden\\daemons\\lib",
    "unwritable E:\\par\\m\\mod.js",
    "unwritable E:\\par\\m",
    "unreplaceable E:\\par",
  ]);
});

Deno.test("a configuration that others can change allows nothing", () => {
  const danger = (path: string) => [{ path, sid: "S-1-1-0", owns: false }];
  assertEquals(isConfigSafe(files, []), true);
  assertEquals(isConfigSafe(files, danger("D:\\Data\\warden\\daemons")), true);
  assertEquals(isConfigSafe(files, danger("d:\\data\\warden\\ICINGA-WARDEN.JSON")), false);
  assertEquals(isConfigSafe(files, danger("D:\\Data\\warden")), true);
});

Deno.test("what is not there is no danger, and what cannot be read is told", () => {
  const read = (path: string) => {
    if (path.endsWith("daemons")) throw new WindowsError(2, "read");
    if (path.endsWith(".json")) throw new WindowsError(5, `read the permissions of ${path}`);
    return path === "D:\\Data" ? "O:BAD:(A;;FA;;;WD)" : "O:BAD:(A;;FA;;;SY)";
  };
  const safety = inspectPaths(agentPaths(files), [], { ...host, read });
  assertEquals(safety.dangers, []);
  assertEquals(safety.above.map(({ path }) => path), ["D:\\Data"]);
  assertEquals(safety.unread.length, 1);
});

Deno.test("who may write is named, and whether earlier versions let it pass is known", () => {
  const read = () => `O:BAD:(A;;FA;;;${ANN})(A;;FA;;;WD)(A;;FA;;;S-1-5-21-9-8-7-1002)`;
  const asked: string[] = [];
  const accountOf = (sid: string) => (asked.push(sid), host.accountOf(sid));
  const both: CheckedPath[] = [
    { path, demand: "unwritable" },
    { path: "C:\\y", demand: "unreplaceable" },
  ];
  const { dangers } = inspectPaths(both, [], { ...host, read, accountOf });
  assertEquals(asked, [ANN, "S-1-5-21-9-8-7-1002"], "each once");
  assertEquals(describeDangers(dangers), [
    `DOM\\ann (${ANN}) may change C:\\x`,
    "Everyone (S-1-1-0) may change C:\\x",
    "S-1-5-21-9-8-7-1002 may change C:\\x",
  ]);
  assertEquals(dangers.map(({ isNew = false }) => isNew), [true, false, true]);
});

Deno.test("where it cannot be known who belongs to Administrators nobody is taken for one", () => {
  const read = () => `O:BAD:(A;;FA;;;${SERVER_ADMINS})`;
  const administrators = () => {
    throw new WindowsError(5, "read who belongs to Administrators");
  };
  const unsafe = inspectPaths(agentPaths(files), [], { ...host, read, administrators });
  assertEquals(unsafe.dangers.length, 5);
  assertEquals(unsafe.notes.map((line) => line.slice(0, 41)), [
    "Cannot read who belongs to Administrators",
  ]);
  assertEquals(unsafe.unread, [], "each path was looked at");
  assertEquals(inspectPaths(agentPaths(files), [], { ...host, read }).dangers, []);
});

Deno.test("whom a safe configuration names is trusted", () => {
  const sidOf = (account: string) => {
    if (account === "DOM\\ann") return ANN;
    throw new WindowsError(1332, `find account '${account}'`);
  };
  const trust = (read: SafetyHost["read"], ...writers: string[]) =>
    trustedAccounts(files, ["S-1-5-18"], writers, sidOf, { ...host, read });
  assertEquals(trust(host.read, "DOM\\ann", "S-1-5-32-551"), {
    trusted: ["S-1-5-18", ANN, "S-1-5-32-551"],
    problems: [],
  });
  const { trusted, problems } = trust(host.read, "DOM\\bob", "DOM\\ann");
  assertEquals(trusted, ["S-1-5-18", ANN]);
  assertEquals(problems.length, 1);
  assertEquals(/"trustedWriters": Cannot find account 'DOM\\bob'/.test(problems[0]!), true);
  const anyone = () => `O:BAD:(A;;FA;;;${ANN})`;
  assertEquals(trust(anyone), { trusted: ["S-1-5-18"], problems: [] }, "nobody is named");
  const open = trust(anyone, "DOM\\ann");
  assertEquals(open.trusted, ["S-1-5-18"], "it could have named itself");
  assertEquals(/"trustedWriters" does not count/.test(open.problems.join()), true);
  assertEquals(verdict(`O:${ANN}D:(A;;FA;;;${ANN})`, "unwritable", [ANN]), []);
});

const folders: [string, boolean][] = [
  ["C:\\Program Files\\icinga-warden", true],
  ["D:\\warden", true],
  ["C:\\ProgramData\\icinga-warden\\", true],
  ["C:\\Users\\ann\\Downloads\\warden", true],
  ["\\\\server\\share\\warden", true],
  ["C:\\", false],
  ["C:", false],
  ["\\\\server\\share", false],
  ["c:\\windows", false],
  ["C:\\Windows\\System32\\", false],
  ["C:\\Program Files", false],
  ["C:\\Program Files (x86)\\", false],
  ["C:\\ProgramData", false],
  ["C:\\Users\\ann", false],
  ["C:\\Users\\ann\\Downloads", false],
  ["C:\\warden\\..\\Windows", false],
  ["C:\\windows.", false],
  ["\\\\?\\C:\\", false],
  ["\\\\?\\C:\\Windows", false],
  ["D:\\Windows\\Temp\\warden", false],
  ["C:\\Program Files\\Common Files", false],
  ["C:\\Users", false],
  ["C:\\Users\\Public", false],
  ["C:\\Users\\ann\\AppData\\Roaming", false],
  ["C:\\Users\\ann\\AppData\\Local\\warden", true],
];

for (const [folder, expected] of folders) {
  Deno.test(`the permissions of ${folder} are ${expected ? "" : "not "}the agent's to set`, () => {
    assertEquals(isProtectable(folder), expected);
  });
}
