import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { checkServiceName, pendingLimit, requireServiceName } from "../../lib/service/manager.ts";

Deno.test("names that services have are accepted", () => {
  for (
    const name of [
      "icinga2",
      "Icinga 2 (Prüfung)",
      "MSSQL$EXPRESS",
      "a",
      "x".repeat(256),
      "アイシンガ",
      "100%",
      "a=b",
      "statement",
      "my type= x",
      "-query",
      'say "hi"',
      "start",
    ]
  ) {
    assertEquals(checkServiceName(name), undefined, name);
  }
});

const refused: Record<string, RegExp> = {
  "": /1 to 256/,
  ["x".repeat(257)]: /1 to 256/,
  " ": /blanks/,
  " icinga2": /blanks/,
  "icinga2\t": /blanks/,
  "a/b": /slash/,
  "/y": /slash/,
  "\\\\server": /slash/,
  "a\nb": /control/,
  "a\0b": /control/,
  "a\u2028b": /control/,
  "a\ud800b": /control/,
  "state=": /option/,
  "Type= all": /option/,
  "bufsize=1": /option/,
  "ri =0": /option/,
  "GROUP=": /option/,
};

for (const [name, why] of Object.entries(refused)) {
  Deno.test(`the name ${JSON.stringify(name.slice(0, 20))} is refused`, () => {
    assertMatch(checkServiceName(name) ?? "", /^expected the name of a service, /);
    assertMatch(checkServiceName(name) ?? "", why);
    assertThrows(() => requireServiceName(name), TypeError, "Cannot use");
  });
}

Deno.test("a service may stay pending as long as is configured, or as it says itself, an hour at most", () => {
  const limit = (waitHint: number) => pendingLimit(60_000, { checkpoint: 1, waitHint });
  assertEquals([0, 59_000, 90_000, 2 ** 32 - 1].map(limit), [60_000, 60_000, 90_000, 3_600_000]);
});
