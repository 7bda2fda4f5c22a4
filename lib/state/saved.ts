import { deserialize, serialize } from "node:v8";

/** What is saved: the maps by path, each its values by key. */
export type SavedMaps = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** The format's number; a later one is not read. */
const FORMAT = 1;

/** The name under which a value that JSON cannot carry lies as the bytes of structured clone, in base 64. */
const CLONE = "$clone";

/** The text of a state file: JSON, `{ format, saved, maps: { path: { key: value } } }`. */
export function writeSaved(maps: SavedMaps, saved: Date): string {
  const content: Record<string, Record<string, unknown>> = Object.create(null);
  for (const [path, values] of maps) {
    const map: Record<string, unknown> = content[path] = Object.create(null);
    for (const [key, value] of values) {
      map[key] = isJson(value) ? value : { [CLONE]: toBase64(serialize(value)) };
    }
  }
  return JSON.stringify({ format: FORMAT, saved: saved.toISOString(), maps: content }) + "\n";
}

/**
 * Reads what {@linkcode writeSaved} wrote.
 *
 * @throws {Error} when it is damaged, or of a later format.
 */
export function readSaved(text: string): SavedMaps {
  const file = JSON.parse(text);
  if (!isRecord(file) || !isRecord(file.maps)) throw new Error("it holds no maps");
  if (file.format !== FORMAT) throw new Error(`its format is ${file.format}, and not ${FORMAT}`);
  return new Map(
    Object.entries(file.maps).map(([path, values]) => {
      if (!isRecord(values)) throw new Error(`${path} is no map`);
      return [path, new Map(Object.entries(values).map(([key, value]) => [key, read(value)]))];
    }),
  );
}

function read(value: unknown): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, CLONE)) return value;
  const text = value[CLONE];
  if (typeof text !== "string") throw new Error(`a ${CLONE} is no text`);
  return deserialize(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}

/** Whether JSON gives the value back as it was. */
function isJson(value: unknown, above: readonly object[] = []): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object") return typeof value === "string" || typeof value === "boolean";
  if (value === null) return true;
  if (above.includes(value) || Object.hasOwn(value, CLONE)) return false;
  const parts = Array.isArray(value)
    ? [...value]
    : isRecord(value)
    ? Object.values(value)
    : undefined;
  return parts?.every((part) => isJson(part, [...above, value])) ?? false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
