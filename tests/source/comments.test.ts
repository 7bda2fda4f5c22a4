import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

/** The line before an exported declaration, past directives for the linter, and the declaration's name. */
const EXPORT =
  /^(.*)\n(?=(?:\/\/ deno-lint-ignore .*\n)*export (?:default )?(?:abstract |async )?(?:function\*?|class|interface|type|const|enum) (\w+))/gm;

Deno.test("every exported name of lib and daemons has a doc comment", () => {
  const paths = [...sources("lib/"), ...sources("daemons/")];
  const exported = paths.flatMap((path) => {
    const text = `\n${Deno.readTextFileSync(new URL(path, root))}`;
    return [...text.matchAll(EXPORT)].map(([, before = "", name = ""]) => ({ path, before, name }))
      .filter(({ before }) => !before.startsWith("// deno-lint-ignore"));
  });
  assert(exported.length > 500);
  // Windows' error codes are documented by their names.
  const bare = exported.filter(({ before, name }) =>
    !before.endsWith("*/") && !name.startsWith("ERROR_")
  );
  assertEquals(bare.map(({ path, name }) => `${path}: ${name}`), []);
});
