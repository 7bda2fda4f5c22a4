import { assertEquals, assertMatch } from "@std/assert";
import { checkModulePath } from "../../lib/config/daemon_schema.ts";

Deno.test("a module lies in home or at an absolute path", () => {
  const right = [
    "daemons/disk_watch.ts",
    "daemons\\disk_watch.js",
    "./x.mjs",
    "a/../x.ts",
    "daemons/../daemons/./x.ts",
    "x..y.ts",
    "C:\\watch\\x.ts",
    "c:/watch/x.ts",
    "\\\\server\\share\\x.ts",
    "/opt/watch/x.ts",
    "/opt/../x.ts",
    "Program Files/größer.ts",
  ];
  for (const path of right) assertEquals(checkModulePath(path), undefined, path);
});

Deno.test("a name alone is a built-in daemon's", () => {
  assertEquals(checkModulePath("service_watch"), undefined);
});

Deno.test("a relative path that leaves home is refused", () => {
  for (const path of ["../x.ts", "..\\x.ts", "a/../../x.ts", "./../x.ts", "a\\..\\..\\a/x.ts"]) {
    assertEquals(checkModulePath(path), "expected a path in home or an absolute path", path);
  }
});

Deno.test("a module is TypeScript or JavaScript", () => {
  const wrong = [
    "",
    "X",
    "x.ps1",
    "x.tsx",
    "x.ts ",
    "x.TS",
    ".ts",
    "daemons/.ts",
    "x.ts/",
    "x.cts",
  ];
  for (const path of wrong) {
    assertEquals(checkModulePath(path), "expected a path that ends in .ts, .js or .mjs", path);
  }
});

Deno.test("addresses, streams and a drive's current folder are refused", () => {
  for (const path of ["https://host/x.ts", "file:///x.ts", "npm:x.js", "C:x.ts", "x:s.ts"]) {
    const expected = "expected a path in home or an absolute path, with no colon but a drive's";
    assertEquals(checkModulePath(path), expected, path);
  }
});

Deno.test("a single backslash that became a control character is named", () => {
  for (const path of ["daemons\new.ts", "C:\temp\\x.ts", "x\0.ts"]) {
    assertEquals(checkModulePath(path), "expected a path; write \\\\ for each backslash", path);
  }
});

Deno.test("a name that Windows or JavaScript reserves is refused, in each part of the path", () => {
  for (const path of ["nul.js", "daemons/CON.ts", "C:\\aux\\x.js", "/x/constructor/y.mjs"]) {
    assertMatch(checkModulePath(path) ?? "it is taken", /^expected a path without a reserved name/);
  }
  assertEquals(checkModulePath("nullable.js"), undefined);
});
