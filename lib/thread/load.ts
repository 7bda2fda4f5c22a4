import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DaemonDefinition, refuseDefinition } from "../daemon/mod.ts";
import { examineModule, imports, readModule, refuseImport } from "./imports.ts";
import { describeLoadError, describePlace, describeThrown } from "./describe_error.ts";
import { closeNodeModules, closeRealm } from "./realm.ts";

/**
 * Whether an exe of a version of Deno reads a module from disk: any of them JavaScript, TypeScript those from
 * 2.9 on.
 */
export function readsModule(module: string, deno: string): boolean {
  const [major = 0, minor = 0] = deno.split(".").map(Number);
  return !/\.[cm]?tsx?$/.test(module) || major > 2 || (major === 2 && minor >= 9);
}

/**
 * Imports a daemon's module and returns what it defines.
 *
 * @param module its URL.
 * @throws {Error} one line with file and place, when the module cannot be loaded or exports no daemon.
 */
export async function loadDaemon(module: string): Promise<DaemonDefinition> {
  const file = fileURLToPath(module);
  const inside = module.startsWith(new URL("../../", import.meta.url).href);
  if (Deno.build.standalone && !inside && !readsModule(module, Deno.version.deno)) {
    throw new Error(
      `${file}: TypeScript, and this exe of Deno ${Deno.version.deno} reads JavaScript only; compile the daemon to .js, or use an exe of Deno 2.9 or later`,
    );
  }
  const { default: definition } = await importModule(module, file, inside);
  const refusal = refuse(definition, inside ? undefined : file);
  if (refusal !== undefined) throw new Error(`${file}: ${refusal}`);
  return definition as DaemonDefinition;
}

/** Reading an export may throw. */
function refuse(definition: unknown, file: string | undefined): string | undefined {
  try {
    return refuseDefinition(definition, file);
  } catch (error) {
    return `its default export cannot be read: ${describeThrown(error)}`;
  }
}

/** What is exported may be something that cannot be returned by itself: whose `then` throws. */
async function importModule(
  module: string,
  file: string,
  inside: boolean,
): Promise<{ default: unknown }> {
  closeRealm();
  const texts = inside ? undefined : await importable(file);
  try {
    return { default: (await import(module)).default };
  } catch (error) {
    throw new Error(describeLoadError(error, file, texts));
  }
}

/**
 * Closes the realm of this thread and checks what a module imports, before it is loaded.
 *
 * @returns the texts of its files, by their paths.
 * @throws {Error} one line with file and place, when it may not be loaded.
 */
export async function importable(file: string): Promise<ReadonlyMap<string, string>> {
  closeRealm();
  const { texts, refusal } = await examineModule(file);
  if (refusal !== undefined) throw new Error(refusal);
  for (const [path, text] of texts) {
    const found = imports(text, path);
    for (const each of found) {
      const refusal = refuseImport(each);
      if (refusal) throw new Error(`${describePlace(path, text, each.offset)}: ${refusal}`);
    }
    closeNodeModules(found.map(({ specifier = "" }) => specifier));
    await refuseCommonJs(dirname(path));
  }
  return texts;
}

/** A CommonJS module has `require`, which takes what is computed. */
async function refuseCommonJs(folder: string): Promise<void> {
  const file = join(folder, "package.json");
  if (!/"commonjs"/.test(await readModule(file))) return;
  throw new Error(`${file}: makes modules CommonJS; a daemon's files are ES modules`);
}
