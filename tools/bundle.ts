/**
 * Bundles each npm package that the program imports into one file, and what every thread loads into one more, and writes
 * the import map that leads to them: `deno run -A tools/bundle.ts DIST` writes DIST/vendor/, DIST/thread/ and
 * DIST/deno.json. An exe that embeds these is smaller by the packages' types, twins in CommonJS and files that nobody
 * imports, and its threads start sooner, since each of them reads all its modules anew.
 *
 * @module
 */
import { join } from "node:path";
import settings from "../deno.json" with { type: "json" };
import { importedPackages, isPackage, readSources } from "./sources.ts";

const root = new URL("../", import.meta.url);
const dist = join(Deno.cwd(), Deno.args[0]!);
const entries = join(dist, "entries");
const vendor = join(dist, "vendor");

const sources = await readSources();
/** The entry of every thread. */
const thread = "lib/thread/worker.ts";
/**
 * What stays outside of the thread's bundle: daemons import services too, whose errors are known by their class, and few
 * threads need croner.
 */
const outside = ["service/mod.ts", "base/schedule.ts"];

const names = importedPackages(sources);

await Deno.remove(vendor, { recursive: true }).catch(() => {});
await Deno.mkdir(entries, { recursive: true });
for (const name of names) await writeEntry(name);
// Packages that share another one share its chunk, so that there is one instance of each.
await bundle(vendor, names.map((name) => join(entries, `${fileOf(name)}.ts`)), [
  "--minify",
  "--code-splitting",
]);
await bundle(
  join(dist, "thread"),
  [thread],
  outside.flatMap((file) => ["--external", `*/${file}`]),
);
await Deno.remove(entries, { recursive: true });
await Deno.writeTextFile(join(dist, "deno.json"), JSON.stringify(compiledSettings(), null, 2));

function fileOf(name: string): string {
  return name.replaceAll(/[^a-z0-9-]+/g, "_");
}

function writeEntry(name: string): Promise<void> {
  const hasDefault = new RegExp(`import \\w+ from "${name}"`).test(sources);
  const lines = [
    `export * from "${name}";`,
    ...(hasDefault ? [`export { default } from "${name}";`] : []),
  ];
  return Deno.writeTextFile(join(entries, `${fileOf(name)}.ts`), `${lines.join("\n")}\n`);
}

async function bundle(folder: string, files: string[], options: string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", ...options, "--outdir", folder, ...files],
    cwd: root,
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${files.join(", ")}: deno bundle has said why`);
}

/** deno.json as the exe has it: packages and the entry of every thread come from the bundles. */
function compiledSettings(): unknown {
  const local = Object.entries(settings.imports)
    .filter(([name]) => !isPackage(name))
    .map(([name, path]) => [name, `../${path}`]);
  const bundled = names.map((name) => [name, `./vendor/${fileOf(name)}.js`]);
  const threads = [
    [`../${thread}`, "./thread/worker.js"],
    // As they are imported from the bundle, one folder up.
    ...outside.map((file) => [`./${file}`, `../lib/${file}`]),
  ];
  const imports = Object.fromEntries([...local, ...bundled, ...threads]);
  return { unstable: settings.unstable, imports };
}
