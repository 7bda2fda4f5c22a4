import type { Fault } from "./fault.ts";

/**
 * Every fault by the name of its file, sorted.
 *
 * @param chosen names; all unless told.
 */
export async function loadFaults(chosen?: readonly string[]): Promise<Map<string, Fault>> {
  const folder = new URL("cases/", import.meta.url);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort()
    .filter((name) => chosen?.includes(name.replace(/\.ts$/, "")) ?? true);
  const modules = names.map(async (name): Promise<[string, Fault]> => {
    const { default: fault } = await import(new URL(name, folder).href);
    return [name.replace(/\.ts$/, ""), fault];
  });
  return new Map(await Promise.all(modules));
}
