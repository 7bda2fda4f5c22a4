import { assertEquals, assertMatch } from "@std/assert";
import { checkDataDir, checkRepair } from "../../lib/icinga/settings.ts";

Deno.test("a repair is one that there is, and once", () => {
  assertEquals(checkRepair("state-file"), undefined);
  assertEquals(checkRepair("state-file", ["state-file"]), "expected each repair once");
  assertMatch(checkRepair("log")!, /^expected .*state-file/);
});

Deno.test("a folder of Icinga's is absolute, or the usual one", () => {
  for (const path of ["", "C:\\Data", "d:/data", "\\\\server\\share"]) {
    assertEquals(checkDataDir(path), undefined, path);
  }
  for (const path of ["data", "C:data", "\\data"]) {
    assertMatch(checkDataDir(path) ?? "", /^expected the absolute path/, path);
  }
});
