import type { ArgumentSpec, ArgumentSpecs } from "../../config/arguments.ts";
import { suggest } from "../../config/nearest.ts";
import { UsageError } from "../command.ts";

/**
 * Reads arguments as they are typed, `key=value`, into the form that the configuration writes. A list is typed
 * with commas between its items.
 *
 * @throws {UsageError} for what is no `key=value`, and for a key that the daemon does not take.
 */
export function readWords(words: readonly string[], specs: ArgumentSpecs): Record<string, unknown> {
  const typed = new Set<string>();
  return Object.fromEntries(words.map((word) => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) {
      throw new UsageError(`Unexpected '${word}'; arguments are typed key=value`);
    }
    if (typed.has(key)) throw new UsageError(`Argument '${key}' is typed twice; type it once`);
    typed.add(key);
    const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
    if (!spec) {
      throw new UsageError(`Unknown argument '${key}'; ${suggest(key, Object.keys(specs))}`);
    }
    return [key, readValue(spec, text!)];
  }));
}

/** A number as JSON writes it. */
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** The value that a text stands for; the text itself where it is none, so that the check of arguments says so. */
function readValue(spec: ArgumentSpec, text: string): unknown {
  switch (spec.type) {
    case "number":
      return NUMBER.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return text === "" ? [] : text.split(",").map((item) => item.trim());
    default:
      return text;
  }
}
