import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { checkServiceName, requireServiceName } from "../../lib/service/manager.ts";

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
