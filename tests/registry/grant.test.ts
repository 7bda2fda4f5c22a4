import { assertEquals, assertMatch } from "@std/assert";
import { resolve } from "node:path";
import type { DaemonPermissions } from "../../lib/daemon/permissions.ts";
import {
  describePermissions,
  fillIn,
  grantPermissions,
  refusePermissions,
} from "../../lib/registry/grant.ts";

const home = resolve("/home");
const at = (path: string) => resolve(home, path);
const grant = (declared: DaemonPermissions, granted: DaemonPermissions, values = {}) =>
  grantPermissions(declared, granted, { home, arguments: values });

Deno.test("nothing declared or nothing granted is nothing", () => {
  assertEquals(grant({}, { read: ["*"], services: true }), { permissions: {}, missing: {} });
  assertEquals(grant({ read: ["/data"], services: true }, {}), {
    permissions: {},
    missing: { read: [at("/data")], services: true },
  });
});

Deno.test("a worker gets what is both declared and granted", () => {
  const cases: [kind: keyof DaemonPermissions, declared: string, granted: string, is: boolean][] = [
    ["read", "/data/x", "/data", true],
    ["read", "/data", "/data/", true],
    ["read", "/database", "/data", false],
    ["read", "/data/../etc", "/data", false],
    ["read", "/data", "/data/x", false],
    ["read", "logs", "logs", true],
    ["write", "/data", "*", true],
    ["read", "*", "/data", false],
    ["read", "*", "*", true],
    ["run", "powershell.exe", "powershell.exe", true],
    ["run", "/bin/true", "/bin", false],
    ["net", "localhost:80", "localhost", true],
    ["net", "localhost:80", "localhost:80", true],
    ["net", "localhost", "localhost:80", false],
    ["net", "evil.example", "example", false],
    ["net", "https://localhost/x?y", "localhost:443", true],
    ["net", "http://user:pw@localhost:8080/", "localhost:8080", true],
    ["net", "http://[::1]/", "[::1]:80", true],
    ["net", "https://localhost", "localhost:80", false],
    ["net", "localhost:443", "https://localhost/", true],
    ["env", "PATH", "PATH", true],
    ["env", "PATH", "HOME", false],
    ["ffi", "kernel32.dll", "kernel32.dll", true],
    ["sys", "hostname", "osRelease", false],
  ];
  for (const [kind, declared, granted, is] of cases) {
    const { permissions, missing } = grant({ [kind]: [declared] }, { [kind]: [granted] });
    const what = `${kind} ${declared} of ${granted}`;
    assertEquals(Object.keys(permissions), is ? [kind] : [], what);
    assertEquals(Object.keys(missing), is ? [] : [kind], what);
  }
});

Deno.test("what one kind grants another does not", () => {
  assertEquals(grant({ write: ["/data"] }, { read: ["/data"] }).permissions, {});
});

Deno.test("a declaration refers to arguments and to home", () => {
  const values = { drive: "/data", drives: ["/a", "/b"], none: "", empty: [] };
  const filled = fillIn(
    { read: ["{drive}/x", "{drives}", "{none}", "{empty}", "{unknown}", "{home}/y", "z"] },
    { home, arguments: values },
  );
  assertEquals(filled, { read: ["/data/x", "/a", "/b", at("y"), at("z")].map((p) => resolve(p)) });
});

Deno.test("a declaration refers to Icinga's folder, wherever that is", () => {
  const read = (dataDir: string) =>
    fillIn({ read: ["{icinga}/etc/icinga2"] }, { home, arguments: { dataDir } }).read;
  assertEquals(read(at("own")), [at("own/etc/icinga2")]);
  const root = Deno.build.os === "windows" ? `${Deno.env.get("ProgramData")}\\icinga2` : "/";
  assertEquals(read(""), [resolve(root, "etc", "icinga2")]);
});

Deno.test("permissions are said on one line", () => {
  assertEquals(describePermissions({}), "none");
  assertEquals(
    describePermissions({ services: true, net: ["a", "b"] }),
    'net "a", net "b", services',
  );
});

Deno.test("where nothing is said of a built-in daemon, it gets what it declares of its arguments", () => {
  const placeholders = { home, arguments: { file: "beat.json" } };
  assertEquals(grantPermissions({ write: ["{file}"] }, undefined, placeholders), {
    permissions: { write: [at("beat.json")] },
    missing: {},
  });
});

Deno.test("what the runtime does not take as a permission is said, and nothing else is", () => {
  const usable = ["localhost", "localhost:8080", "10.0.0.1", "[::1]:80", "*"];
  assertEquals(
    refusePermissions({ net: usable, sys: ["hostname", "disks", "*"], run: ["a b"] }),
    undefined,
  );
  const cases: [permissions: DaemonPermissions, said: RegExp][] = [
    [
      { net: ["localhost", "https://x.example/z"] },
      /^permission net "https:\/\/x\.example\/z" cannot be used; expected host or host:port, .*URLs/,
    ],
    [{ net: ["no host"] }, /^permission net "no host" cannot be used; expected host or host:port/],
    [{ net: ["localhost:99999"] }, /^permission net "localhost:99999" .*port/],
    [
      { sys: ["nonsense"] },
      /^permission sys "nonsense" cannot be used; expected disks, or a name of Deno/,
    ],
  ];
  for (const [permissions, said] of cases) assertMatch(refusePermissions(permissions) ?? "", said);
});
