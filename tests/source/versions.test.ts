import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** The oldest version of Deno that is supported. */
const OLDEST = "2.7.11";

const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** Files that may name a version of Deno in a command. */
function* filesWithCommands(): Generator<string> {
  yield* ["README.md", "CONTRIBUTING.md", "compile.sh", "deno.json", ".ci/run", ".ci/denort"];
  for (const folder of ["docs", ".github/workflows", "tests/wine"]) {
    for (const { name } of Deno.readDirSync(new URL(`${folder}/`, root))) {
      if (/\.(?:md|yml|sh)$/.test(name)) yield `${folder}/${name}`;
    }
  }
}

Deno.test("each command that names a version of Deno names that of .deno-version, or the oldest", () => {
  const pinned = read(".deno-version").trim();
  const others = [...filesWithCommands()].flatMap((path) =>
    [...read(path).matchAll(/npx -y "?deno@(\d+\.\d+\.\d+)\b(?! run)/g)]
      .filter(([, version]) => version !== pinned && version !== OLDEST)
      .map(([command]) => `${path}: ${command}`)
  );
  assertEquals(others, []);
});

Deno.test("what workflows use is pinned by a digest, and what .ci fetches by a checksum", () => {
  const workflows = [...Deno.readDirSync(new URL(".github/workflows/", root))].map(({ name }) =>
    name
  );
  const loose = workflows.flatMap((name) =>
    [...read(`.github/workflows/${name}`).matchAll(/^\s*(?:- )?(?:uses|image): (?!\.\/)(.+)$/gm)]
      .map(([, used = ""]) => used)
      .filter((used) => !/@(?:[0-9a-f]{40} # v|sha256:[0-9a-f]{64}$)/.test(used))
  );
  assertEquals(loose, []);
  const sums = read(".ci/SHA256SUMS");
  for (const version of [read(".deno-version").trim(), OLDEST]) {
    assert(sums.includes(`deno-linux-x64-glibc-${version}.tgz`), version);
  }
});
