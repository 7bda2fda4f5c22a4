import { builtinDaemons } from "../../daemons/mod.ts";
import type { BuiltinArguments } from "../../lib/config/check.ts";
import { parseConfig } from "../../lib/config/load.ts";
import { ConfigError } from "../../lib/config/problem.ts";
import type { Config } from "../../lib/config/schema.ts";

/** What the daemons that ship take. */
export const builtin: BuiltinArguments = new Map(
  [...builtinDaemons].map(([name, { definition }]) => [name, definition.arguments ?? {}]),
);

/** Reads a configuration's text. */
export function parse(text: string): Config {
  return parseConfig(text, "f", builtin).config;
}

/** What is said about a configuration, a line for each problem, without the file's name; none when it is right. */
export function complaints(text: string): string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n").map((line) => line.replace(/^f:( )?/, ""));
  }
}
