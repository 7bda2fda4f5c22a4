/**
 * A value of the public state as JSON. What JSON does not know becomes what comes next: a whole number of any length
 * its digits, a map its pairs, a set its items; and what holds itself, text that shows it. Never throws.
 *
 * @param indent spaces a level; one line unless told.
 */
export function toJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, plain, indent) ?? "null";
  } catch {
    return JSON.stringify(Deno.inspect(value));
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Map || value instanceof Set ? [...value] : value;
}
