/**
 * Makes the types that an author's editor needs, from the doc comments and declarations of lib/daemon and lib/testing:
 * `deno run -A tools/types.ts FILE` writes them into a JSON file, by file name. `icinga-warden types` writes them into a
 * home.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { rollup } from "@rollup/wasm-node";
import { dts } from "rollup-plugin-dts";
import settings from "../deno.json" with { type: "json" };

const root = fileURLToPath(new URL("../", import.meta.url));

/** What authors import, by module. */
const ENTRIES = { daemon: "lib/daemon/author.ts", testing: "lib/testing/author.ts" };

if (import.meta.main) {
  await Deno.writeTextFile(Deno.args[0]!, JSON.stringify(await makeTypes()));
}

/** The types that an editor needs, by file name. */
export async function makeTypes(): Promise<Record<string, string>> {
  return { "icinga-warden.d.ts": await authorTypes(), "deno.d.ts": await denoTypes() };
}

/** One ambient module for each that authors import, and one for what these share. */
async function authorTypes(): Promise<string> {
  const bundle = await rollup({
    input: Object.fromEntries(
      Object.entries(ENTRIES).map(([name, file]) => [name, `${root}${file}`]),
    ),
    external: (id) => !/^[./]/.test(id),
    plugins: [dts({ compilerOptions: { lib: ["lib.esnext.d.ts"], types: [], strict: true } })],
  });
  const { output } = await bundle.generate({
    chunkFileNames: "[name]",
    minifyInternalExports: false,
  });
  const modules = output.flatMap((chunk) =>
    chunk.type === "chunk" ? [ambient(chunk.name, chunk.code)] : []
  );
  return [
    `// Types of icinga-warden ${settings.version}. 'icinga-warden types' writes this file anew.`,
    ...modules,
    await assertTypes(),
  ].join("\n\n");
}

function ambient(name: string, code: string): string {
  const text = code.replaceAll(/^(export )?declare /gm, "$1")
    .replaceAll(/(?<= from )'\.\/(\w+)'/g, '"icinga-warden/$1"');
  return `declare module "icinga-warden/${name}" {\n${text}}`;
}

/** The assertions are those of the standard library, which `types/` declares. */
async function assertTypes(): Promise<string> {
  const declared = await Deno.readTextFile(`${root}types/std.d.ts`);
  return /^declare module "@std\/assert" \{\n[^]*?^\}\n/m.exec(declared)![0];
}

/** The types of what Deno has, for an editor without Deno. */
async function denoTypes(): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
  if (!success) throw new Error("'deno types' failed");
  return new TextDecoder().decode(stdout);
}
