/** True for what a configuration calls an object: `{ … }`, neither an array nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deeper than this a value is not followed: the stack of what writes JSON ends somewhere. */
const MOST_DEEP = 200;

/**
 * A value of the public state as JSON. What JSON does not know becomes what comes next: a whole number of any length
 * its digits, a map its pairs, a set its items, bytes their numbers; an error, an expression, a date or number that
 * is none its text. What holds itself, or is too deep, is cut there and the rest is whole. Never throws.
 *
 * @param indent spaces a level; one line unless told.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, plainer(), indent) ?? "null";
}

/** What stands around a value: as it is, and as it is written. */
interface Level {
  value: object;
  written: object;
}

function plainer(): (this: Record<string, unknown>, key: string, value: unknown) => unknown {
  const above: Level[] = [];
  return function (key) {
    // What is given had its `toJSON` called, which makes null of a date that is none.
    const value = this[key];
    const written = plain(value);
    if (typeof value !== "object" || value === null) return written;
    while (above.length > 0 && above.at(-1)!.written !== this) above.pop();
    if (above.some((level) => level.value === value)) return "[Circular]";
    if (typeof written !== "object" || written === null) return written;
    if (above.length >= MOST_DEEP) return "[Too deep]";
    above.push({ value, written });
    return written;
  };
}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      return value === null ? null : plainObject(value);
    default:
      return value;
  }
}

function plainObject(value: object): unknown {
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Date) return isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (value instanceof RegExp || value instanceof Error) return String(value);
  if (value instanceof BigInt) return String(value);
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (value instanceof DataView) return [...new Uint8Array(value.buffer)];
  if (ArrayBuffer.isView(value)) return [...value as Uint8Array];
  return value;
}
