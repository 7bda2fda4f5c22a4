import type { Attempt } from "./attempt.ts";

/**
 * Every attempt by the name of its file, sorted.
 *
 * @param chosen names of attempts. Default: all that are not open.
 */
export async function loadAttempts(chosen?: readonly string[]): Promise<Map<string, Attempt[]>> {
  const folder = new URL("cases/", import.meta.url);
  const loaded = new Map<string, Attempt[]>();
  for (const name of [...Deno.readDirSync(folder)].map(({ name }) => name).sort()) {
    const { default: attempts } = await import(new URL(name, folder).href) as {
      default: Attempt[];
    };
    const wanted = attempts.filter(({ name, open }) => chosen?.includes(name) ?? !open);
    if (wanted.length > 0) loaded.set(name.replace(/\.ts$/, ""), wanted);
  }
  return loaded;
}
