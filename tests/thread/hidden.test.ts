import { assertEquals } from "@std/assert";
import { HiddenTexts } from "../../lib/thread/hidden.ts";

Deno.test("a secret is hidden as it is, in JSON and in an address; a very short one is not", () => {
  const hidden = new HiddenTexts();
  hidden.add('p"ss wörd');
  hidden.add("abc");
  const texts = [
    'p"ss wörd',
    JSON.stringify({ a: 'p"ss wörd' }),
    "https://u:p%22ss%20w%C3%B6rd@x/",
  ];
  assertEquals(texts.map((text) => hidden.hide(text)), ["***", '{"a":"***"}', "https://u:***@x/"]);
  assertEquals(hidden.hide("abc"), "abc");
});
