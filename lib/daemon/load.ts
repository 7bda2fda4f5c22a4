import { fileURLToPath } from "node:url";
import { refuseDefinition } from "./check.ts";
import type { DaemonDefinition } from "./define.ts";
import { moduleFiles, readModule } from "./imports.ts";
import { describeLoadError } from "./load_error.ts";
import { describeThrown } from "./strays.ts";

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
  const { default: definition } = await importModule(module, file);
  const refusal = refuse(definition, inside ? undefined : file);
  if (refusal !== undefined) throw new Error(`${file}: ${refusal}`);
  return definition as DaemonDefinition;
}

/** What is exported may throw when it is looked at. */
function refuse(definition: unknown, file: string | undefined): string | undefined {
  try {
    return refuseDefinition(definition, file);
  } catch (error) {
    return `its default export cannot be read: ${describeThrown(error)}`;
  }
}

/** What is exported may be something that cannot be returned by itself: whose `then` throws. */
async function importModule(module: string, file: string): Promise<{ default: unknown }> {
  try {
    return { default: (await import(module)).default };
  } catch (error) {
    throw new Error(describeLoadError(error, file, await readModules(file)));
  }
}

/** The texts of a module and of what it imports, by their paths: to find the place of an import that fails. */
async function readModules(file: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const path of await moduleFiles(file)) {
    texts.set(path, await readModule(path));
  }
  return texts;
}
