import { hasKey, setInText } from "./edit.ts";
import { readConfigFile } from "./file.ts";
import { ConfigError } from "./problem.ts";
import { decodeText, encodeLike } from "./text.ts";

/** The configuration that equals none: the Icinga daemon runs. */
const DEFAULT = `{\n  "daemons": {\n    "icinga_agent_service": {}\n  }\n}\n`;

/** How a configuration file is rewritten. */
export interface Rewrite {
  /** Makes the new text of the old. */
  edit: (text: string) => string;
  /**
   * Looks at the new text before anything is written.
   *
   * @throws {ConfigError} when it is wrong.
   */
  check: (text: string) => void;
}

/**
 * Rewrites the configuration in `file`, or makes one. What runs by default is written down first, so that it
 * runs on. The new text is written aside, flushed and renamed: there is the old file or the new one, and
 * nothing between.
 *
 * @throws {ConfigError} when the file cannot be read, or `check` finds the new text wrong: nothing is written.
 * @throws {Error} when it cannot be written: the old file stands.
 */
export async function rewriteConfig(file: string, { edit, check }: Rewrite): Promise<void> {
  const target = await Deno.realPath(file).catch(() => file);
  const bytes = await readConfigFile(file);
  const old = bytes ? decodeText(bytes) : DEFAULT;
  if (typeof old !== "string") throw new ConfigError(file, [old]);
  if (bytes) check(old);
  const text = edit(writeDownDefault(old));
  check(text);
  await replaceFile(target, encodeLike(bytes, text));
}

/** A configuration without the key `daemons` runs the Icinga daemon; one with it runs what it lists. */
function writeDownDefault(text: string): string {
  return hasKey(text, "daemons") ? text : setInText(text, ["daemons", "icinga_agent_service"], {});
}

async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const aside = `${file}.new`;
  const mode = await Deno.stat(file).then(({ mode }) => mode ?? 0o644, () => 0o644);
  try {
    await writeFlushed(aside, bytes, mode);
    await Deno.rename(aside, file);
  } catch (error) {
    await Deno.remove(aside).catch(() => {});
    throw error;
  }
}

async function writeFlushed(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  const out = await Deno.open(file, { write: true, create: true, truncate: true, mode });
  try {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await out.write(rest));
    await out.sync();
  } finally {
    out.close();
  }
}
