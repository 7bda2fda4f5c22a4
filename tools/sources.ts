/**
 * The text of what an exe is made of.
 *
 * @module
 */
import settings from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);

/** All modules of the program, as one text. */
export async function readSources(): Promise<string> {
  return (await Promise.all(["main.ts", "lib", "daemons"].map(read))).flat().join();
}

async function read(path: string): Promise<string[]> {
  const url = new URL(path, root);
  if (path.endsWith(".ts")) return [await Deno.readTextFile(url)];
  const inside = [...Deno.readDirSync(url)].filter(({ name, isDirectory }) =>
    isDirectory || name.endsWith(".ts")
  );
  return (await Promise.all(inside.map(({ name }) => read(`${path}/${name}`)))).flat();
}

/** Whether a name of the import map is a package. */
export function isPackage(name: string): boolean {
  return settings.imports[name as keyof typeof settings.imports].startsWith("npm:");
}

/** The packages that the program imports, by their names in the import map. */
export function importedPackages(sources: string): string[] {
  return Object.keys(settings.imports)
    .filter((name) => isPackage(name) && sources.includes(`from "${name}"`));
}
