import { assertEquals, assertMatch } from "@std/assert";
import { decideGuard, refusalOf, warningsOf } from "../../lib/agent/file_guard.ts";

const everyone = { path: "C:\\x", sid: "S-1-1-0", owns: false };
const service = { path: "C:\\y", sid: "S-1-5-20", owns: false, isNew: true };

Deno.test("modules are not run where everyone may write, and still run where earlier versions let them", () => {
  assertEquals(refusalOf([everyone, service], []), "Everyone (S-1-1-0) may change C:\\x");
  assertEquals(refusalOf([service], []), undefined);
  assertEquals(refusalOf([], ["Cannot read it"]), "Cannot read it");
  assertEquals(refusalOf([], []), undefined);
});

Deno.test("what earlier versions let pass is warned of, with what follows in the next one", () => {
  const [known, fresh] = warningsOf([service, everyone]);
  assertEquals(known, "Everyone (S-1-1-0) may change C:\\x");
  assertMatch(fresh!, /^Network Service \(S-1-5-20\) may change C:\\y; this version only warns/);
  assertMatch(fresh!, /"trustedWriters"$/);
});

Deno.test("a service refuses unsafe modules, unless a configuration that is safe allows them", () => {
  const table: [
    allow: boolean,
    safe: boolean,
    service: boolean,
    refuses: boolean,
    ignored: boolean,
  ][] = [
    [false, false, false, false, false],
    [false, false, true, true, false],
    [false, true, false, false, false],
    [false, true, true, true, false],
    [true, false, false, false, true],
    [true, false, true, true, true],
    [true, true, false, false, false],
    [true, true, true, false, false],
  ];
  for (const [allowUnsafeHome, isConfigSafe, isService, refuses, isIgnored] of table) {
    const given = { allowUnsafeHome, isConfigSafe, isService };
    assertEquals(decideGuard(given), { refuses, isIgnored }, JSON.stringify(given));
  }
});
