import { assertEquals } from "@std/assert";
import {
  checkAccount,
  decideLogon,
  fullAccount,
  isBuiltin,
  knownSid,
  mayLogOn,
  needsPassword,
  sameAccount,
} from "../../lib/windows/account.ts";

const NAME = "icinga-warden";

const accounts: [given: string, full: string, builtin: boolean, password: boolean][] = [
  ["LocalSystem", "LocalSystem", true, false],
  ["system", "LocalSystem", true, false],
  [".\\LocalSystem", "LocalSystem", true, false],
  ["NT AUTHORITY\\SYSTEM", "LocalSystem", true, false],
  ["NetworkService", "NT AUTHORITY\\NetworkService", true, false],
  ["nt authority\\network service", "NT AUTHORITY\\NetworkService", true, false],
  ["LocalService", "NT AUTHORITY\\LocalService", true, false],
  ["bob", ".\\bob", false, true],
  ["DOM\\bob", "DOM\\bob", false, true],
  ["bob@dom.example", "bob@dom.example", false, true],
  ["DOM\\managed$", "DOM\\managed$", false, false],
  ["NT SERVICE\\icinga-warden", "NT SERVICE\\icinga-warden", false, false],
];

for (const [given, full, builtin, password] of accounts) {
  Deno.test(`the account ${given}`, () => {
    assertEquals(
      [fullAccount(given), isBuiltin(given), needsPassword(given), checkAccount(given, NAME)],
      [full, builtin, password, undefined],
    );
  });
}

Deno.test("names of one account", () => {
  assertEquals(sameAccount("dom\\BOB", "DOM\\bob"), true);
  assertEquals(sameAccount(".\\bob", "bob"), true);
  assertEquals(sameAccount("DOM\\bob", ".\\bob"), false);
});

for (const wrong of ["", "a\\b\\c", "a/b", 'a"b', "\\bob", "DOM\\", "a\nb"]) {
  Deno.test(`${JSON.stringify(wrong)} is no account`, () => {
    assertEquals(typeof checkAccount(wrong, NAME), "string");
  });
}

Deno.test("the security identifier of a virtual account is computed as Windows does", () => {
  // as `sc.exe showsid TrustedInstaller` prints it
  const sid = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
  assertEquals(knownSid("NT SERVICE\\TrustedInstaller"), sid);
  assertEquals(knownSid("nt service\\trustedinstaller"), sid);
  assertEquals(knownSid("DOM\\TrustedInstaller"), undefined);
});

Deno.test("the accounts of Windows are known in whatever language it is", () => {
  const accounts = ["LocalSystem", "local service", "NT AUTHORITY\\NetworkService", "DOM\\bob"];
  assertEquals(accounts.map(knownSid), ["S-1-5-18", "S-1-5-19", "S-1-5-20", undefined]);
});

Deno.test("a virtual account is that of its own service, and may log on", () => {
  assertEquals(checkAccount("NT SERVICE\\Second", "second"), undefined);
  assertEquals(checkAccount("DOM\\bob", "second"), undefined);
  assertEquals(typeof checkAccount("NT SERVICE\\other", "second"), "string");
  assertEquals(["NT SERVICE\\x", "LocalSystem", "DOM\\m$"].map(mayLogOn), [true, true, false]);
});

Deno.test("an account may log on as a service by itself or by a group, unless that is denied", () => {
  const [own, group, domain] = ["S-1-5-21-1-2-3-1001", "S-1-5-32-544", "S-1-5-21-9-9-9-512"];
  const cases: [own: string[], granted: string[], denied: string[], right: string][] = [
    [[own], [own], [], "granted"],
    [[own, group], [group], [], "granted"],
    [[own], ["S-1-5-11"], [], "granted"],
    [[own], [], [], "missing"],
    [[own], [group, "S-1-5-80-0"], [], "missing"],
    [[own], [domain], [], "unknown"],
    [[own, group], [own], [group], "denied"],
    [[own], [own], ["S-1-1-0"], "denied"],
    [[own], [own], [domain], "granted"],
  ];
  for (const [who, granted, denied, right] of cases) {
    assertEquals(decideLogon(who, granted, denied), right, `${who} ${granted} ${denied}`);
  }
});
