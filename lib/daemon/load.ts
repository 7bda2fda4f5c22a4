import type { DaemonDefinition } from "./define.ts";

/**
 * Imports a daemon's module and returns what it defines.
 *
 * @param module its URL.
 * @throws {Error} when the module cannot be loaded or its default export is no daemon.
 */
export async function loadDaemon(module: string): Promise<DaemonDefinition> {
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
