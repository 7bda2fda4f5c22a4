import { assertEquals } from "@std/assert";
import {
  checkAccount,
  fullAccount,
  isBuiltin,
  needsPassword,
  sameAccount,
} from "../../lib/windows/account.ts";

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
      [fullAccount(given), isBuiltin(given), needsPassword(given), checkAccount(given)],
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
    assertEquals(typeof checkAccount(wrong), "string");
  });
}
