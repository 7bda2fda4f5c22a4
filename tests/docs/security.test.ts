import { assert, assertEquals } from "@std/assert";
import { loadAttempts } from "../hostile/all.ts";

const page = Deno.readTextFileSync(new URL("../../docs/security.md", import.meta.url));

/** Each attempt as the page names it: those that are made, and those that still succeed. */
const namesOf = (files: Awaited<ReturnType<typeof loadAttempts>>) =>
  [...files].flatMap(([file, attempts]) => attempts.map(({ name }) => `${file}/${name}`));
const closed = namesOf(await loadAttempts());
const open = namesOf(await loadAttempts(({ open }) => open !== undefined));

Deno.test("every test that docs/security.md names is there, and is run", () => {
  const [defended = "", stillOpen = ""] = page.split("## What still succeeds");
  const named = (text: string) => [...text.matchAll(/`(\w+\/\w+)`/g)].map(([, name]) => name!);
  assert(named(defended).length > 30);
  assertEquals(named(defended).filter((name) => !closed.includes(name)), []);
  assertEquals(named(stillOpen).sort(), open.sort());
  for (const [, file] of page.matchAll(/`(tests\/\w+\/\w+\.test\.ts)`/g)) {
    assert(Deno.statSync(new URL(`../../${file}`, import.meta.url)).isFile);
  }
});

Deno.test("every statement of docs/security.md about what a daemon can and cannot do names a test", () => {
  const rows = page.split("\n").filter((line) => /^\| [a-z]/.test(line));
  assert(rows.length > 20);
  assertEquals(rows.filter((row) => !/`\w+\/\w+`/.test(row)), []);
});
