import type { Attempt } from "./attempt.ts";

/**
 * Attempts by the name of their file, sorted.
 *
 * @param isWanted which of them. Default: those that are not open.
 */
export async function loadAttempts(
  isWanted: (attempt: Attempt) => boolean = ({ open }) => open === undefined,
): Promise<Map<string, Attempt[]>> {
  const folder = new URL("cases/", import.meta.url);
  const loaded = new Map<string, Attempt[]>();
  for (const name of [...Deno.readDirSync(folder)].map(({ name }) => name).sort()) {
    const { default: attempts } = await import(new URL(name, folder).href) as {
      default: Attempt[];
    };
    const wanted = attempts.filter(isWanted);
    if (wanted.length > 0) loaded.set(name.replace(/\.ts$/, ""), wanted);
  }
  return loaded;
}
