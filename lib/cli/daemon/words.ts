import type { Problem } from "../../base/mod.ts";
import type { ArgumentSpec, ArgumentSpecs } from "../../daemon/arguments.ts";

/** Arguments as they were typed. */
export interface ReadWords {
  /** In the form that the configuration writes; what the daemon does not take is among them, as text. */
  values: Record<string, unknown>;
  /** The words that no arguments can be made of. */
  problems: Problem[];
}

/**
 * Reads arguments as they are typed, `key=value`, into the form that the configuration writes. A list is typed
 * with commas between its items. Whether the daemon takes them is for the check of arguments to say.
 */
export function readWords(words: readonly string[], specs: ArgumentSpecs): ReadWords {
  const values = new Map<string, unknown>();
  const problems = words.flatMap((word): Problem[] => {
    const [, key, text = ""] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) return [{ ...at(word), ...NO_VALUE }];
    if (values.has(key)) return [{ ...at(key), ...TWICE }];
    values.set(key, Object.hasOwn(specs, key) ? readValue(specs[key]!, text) : text);
    return [];
  });
  return { values: Object.fromEntries(values), problems };
}

const NO_VALUE = { fault: "no value", expected: "arguments are typed key=value" };
const TWICE = { fault: "typed twice", expected: "type it once" };

function at(word: string): Pick<Problem, "path" | "value"> {
  return { path: [word], value: undefined };
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
