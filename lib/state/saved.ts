import { deserialize } from "node:v8";
import { decodeValue, encodeValue } from "./value.ts";

/** What is saved: the maps by path, each its values by key. */
export type SavedMaps = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** The format's number; a later one is not read. */
const FORMAT = 1;

/** The name under which versions before 0.2 kept, in base 64, what JSON has no words for. */
const CLONE = "$clone";

/** The text of a state file: JSON, `{ format, saved, maps: { path: { key: value } } }`. @param maps each as {@linkcode writeMap} made it. */
export function writeSaved(maps: ReadonlyMap<string, string>, saved: Date): string {
  const content = [...maps].map(([path, text]) => `${JSON.stringify(path)}:${text}`);
  return `{"format":${FORMAT},"saved":"${saved.toISOString()}","maps":{${content.join()}}}\n`;
}

/** The text of a map. */
export function writeMap(values: Iterable<readonly [string, unknown]>): string {
  const content = Array.from(
    values,
    ([key, value]) => `${JSON.stringify(key)}:${encodeValue(value, key)}`,
  );
  return `{${content.join()}}`;
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
      return [path, new Map(Object.entries(values).map(([key, json]) => [key, read(json)]))];
    }),
  );
}

function read(json: unknown): unknown {
  if (!isRecord(json) || !Object.hasOwn(json, CLONE)) return decodeValue(json);
  return deserialize(Uint8Array.fromBase64(String(json[CLONE])));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
