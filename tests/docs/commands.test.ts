import { assert, assertEquals } from "@std/assert";
import { parse } from "../../lib/cli/parse.ts";
import { loadCommand } from "../../lib/cli/mod.ts";

const root = new URL("../../", import.meta.url);

/** The commands that the pages show, in blocks and in lines, with their page: `icinga-warden daemon test NAME`. */
function* shown(): Generator<[page: string, words: string[]]> {
  const pages = [...Deno.readDirSync(new URL("docs/", root))].map(({ name }) => `docs/${name}`);
  for (const page of ["README.md", ...pages.filter((name) => name.endsWith(".md"))]) {
    const text = Deno.readTextFileSync(new URL(page, root));
    for (const [, line = ""] of text.matchAll(/`icinga-warden ([^`]+)`/g)) {
      yield [page, line.split(/\s+/)];
    }
    for (const [block] of text.matchAll(/^ *```.*?^ *```$/gms)) {
      const lines = block.matchAll(
        /^ *(?:> )?(?:\.\\)?icinga-warden(?:\.exe)? (.*?)(?: {2,}.*)?$/gm,
      );
      for (const [, line = ""] of lines) {
        const words = line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
        yield [page, words.map((word) => word.replaceAll('"', ""))];
      }
    }
  }
}

Deno.test("every command that a page shows is one, and so are its action and its flags", async () => {
  let count = 0;
  for (const [page, words] of shown()) {
    const [name = "", action = ""] = words;
    const command = await loadCommand(name.startsWith("-") ? "run" : name).catch(() => undefined);
    assert(command, `${page}: ${words.join(" ")}`);
    const typed = parse(words, command.flags ?? {}, name).words;
    if (command.checksWords && command.words.includes("|")) {
      assert(command.words.split("|").includes(action), `${page}: ${words.join(" ")}`);
      assertEquals(typed[1], action);
    }
    count++;
  }
  assert(count > 50, `${count} commands`);
});
