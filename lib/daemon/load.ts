import type { DaemonDefinition } from "./define.ts";

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
 * @throws {Error} when the module cannot be loaded or its default export is no daemon.
 */
export async function loadDaemon(module: string): Promise<DaemonDefinition> {
  const inside = module.startsWith(new URL("../../", import.meta.url).href);
  if (Deno.build.standalone && !inside && !readsModule(module, Deno.version.deno)) {
    throw new Error(
      `Cannot load ${module}: this exe of Deno ${Deno.version.deno} reads JavaScript only; compile the daemon to .js, or use an exe of Deno 2.9 or later`,
    );
  }
  const { default: definition } = await import(module);
  if (!isDaemon(definition)) {
    throw new Error(
      `Cannot use ${module}: its default export must be a daemon, { name, description, run }`,
    );
  }
  return definition;
}

function isDaemon(value: unknown): value is DaemonDefinition {
  const { name, run } = (value ?? {}) as Partial<DaemonDefinition>;
  return typeof name === "string" && typeof run === "function";
}
