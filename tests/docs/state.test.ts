import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The names of the tests of some folders; what a name is made of at run time is `${…}`. */
function testNames(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".test.ts")).flatMap(
      ({ name }) => {
        const source = Deno.readTextFileSync(`${folder}/${name}`);
        return [...source.matchAll(/(?:Deno\.test\(|name: )(["`])(.+?)\1/g)].map(([, , name]) =>
          name!
        );
      },
    )
  );
}

function isTest(quoted: string, name: string): boolean {
  const parts = name.split(/\$\{.+?\}/).map((part) => RegExp.escape(part));
  return name.startsWith(quoted) || new RegExp(`^${parts.join(".+")}$`).test(quoted);
}

Deno.test("each guarantee of docs/state.md names tests that there are", () => {
  const page = Deno.readTextFileSync(path("../../docs/state.md")).replaceAll(/\s+/g, " ");
  const guarantees = page.slice(page.indexOf("## What is guaranteed"), page.indexOf("## How it"));
  const quoted = [...guarantees.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
  const names = testNames(path("../state"), path("../faults/state"), path("../thread"));
  assert(quoted.length > 20);
  for (const quote of quoted) {
    assert(names.some((name) => isTest(quote, name)), `there is no test "${quote}"`);
  }
});
