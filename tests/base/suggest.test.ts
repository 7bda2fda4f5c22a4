import { assertEquals } from "@std/assert";
import { suggest } from "../../lib/base/mod.ts";

const KNOWN = ["level", "maxSize", "keep"];

Deno.test("a slip of the keys is answered with the word that was meant", () => {
  assertEquals(suggest("levle", KNOWN), 'did you mean "level"?');
  assertEquals(suggest("maxsize", KNOWN), 'did you mean "maxSize"?');
  assertEquals(suggest("LEVEL", KNOWN), 'did you mean "level"?');
  assertEquals(suggest("keeps", KNOWN), 'did you mean "keep"?');
});

Deno.test("a word that is near to none is answered with all that are known", () => {
  const all = "known: level, maxSize, keep";
  assertEquals(suggest("password", KNOWN), all);
  assertEquals(suggest("", KNOWN), all);
  assertEquals(suggest("x".repeat(100_000), KNOWN), all);
  assertEquals(suggest("__proto__", KNOWN), all);
  assertEquals(suggest("level", []), "none is known here");
});
