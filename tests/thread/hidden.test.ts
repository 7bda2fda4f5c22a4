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

Deno.test("the page of daemons names the forms in which a secret is hidden, and others that are not", async () => {
  const file = new URL("../../docs/daemons.md", import.meta.url);
  const page = (await Deno.readTextFile(file)).replace(/\s+/g, " ");
  const secret = 'a "b\\?';
  const forms: [name: RegExp, form: string, isHidden: boolean][] = [
    [/the text itself/, secret, true],
    [/`JSON\.stringify` writes it once/, JSON.stringify(secret), true],
    [/`encodeURIComponent`/, encodeURIComponent(secret), true],
    [/a part of it/, secret.slice(1), false],
    [/base64/, btoa(secret), false],
    [/that of a form/, String(new URLSearchParams({ secret })), false],
    [/the log of an object escapes/, Deno.inspect({ secret }), false],
  ];
  const hidden = new HiddenTexts();
  hidden.add(secret);
  for (const [name, form, isHidden] of forms) {
    assertEquals(name.test(page), true, String(name));
    assertEquals(hidden.hide(form).includes("***"), isHidden, form);
  }
});
