import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** The pages of this repository, and what else names its files. */
function* pages(): Generator<string> {
  yield* ["README.md", "CONTRIBUTING.md", "compile.sh", ".ci/run"];
  for (const folder of ["docs", ".github", ".github/workflows"]) {
    for (const { name } of Deno.readDirSync(new URL(`${folder}/`, root))) {
      if (/\.(?:md|yml)$/.test(name)) yield `${folder}/${name}`;
    }
  }
}

/** The files and folders of this repository that a text names: `lib/state/`, `daemons/shared/service_watch.ts`. */
function pathsIn(text: string): string[] {
  const words =
    text.match(/(?<![\w/.\\$-])(?:lib|tests|tools|types|packaging|\.ci|docs)\/[\w./-]*/g) ?? [];
  const shipped = text.match(/(?<![\w/.\\$-])daemons\/(?:shared\/\w+|icinga_\w+|mod)\.ts/g) ?? [];
  return [...words, ...shipped].map((word) => word.replace(/\.+$/, ""));
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, root)) !== undefined;
  } catch {
    return false;
  }
}

Deno.test("every path of this repository that a page, a workflow or the build names exists", () => {
  const missing = [...pages()].flatMap((page) =>
    pathsIn(read(page)).filter((path) => !exists(path)).map((path) => `${page}: ${path}`)
  );
  assertEquals(missing, []);
});

Deno.test("docs/architecture.md follows a tick in at most 14 files, a crash in 8, an installation in 10", () => {
  const page = read("docs/architecture.md");
  const ways = page.split("\n## ").map((part) => [...part.matchAll(/^\| `(\S+\.ts)` /gm)].length);
  const [tick = 0, crash = 0, install = 0, ...others] = ways.filter((files) => files > 0);
  assert(tick <= 14 && crash <= 8 && install <= 10, `${tick}, ${crash}, ${install} files`);
  assertEquals(others, []);
});
