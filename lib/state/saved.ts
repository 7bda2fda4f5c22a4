import { deserialize } from "node:v8";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";

/** What is saved: the maps by path, each its values by key. */
export type SavedMaps = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** The format's number; a later one is not read. */
const FORMAT = 1;

/** The names under which a value that JSON cannot carry lies in base 64: its bytes, and those of versions before 0.9. */
const VALUE = "$value";
const CLONE = "$clone";

/** Bytes that become text in one call. */
const PIECE = 8_192;

/** The text of a state file: JSON, `{ format, saved, maps: { path: { key: value } } }`. @param maps each as {@linkcode writeMap} made it. */
export function writeSaved(maps: ReadonlyMap<string, string>, saved: Date): string {
  const content = [...maps].map(([path, text]) => `${JSON.stringify(path)}:${text}`);
  return `{"format":${FORMAT},"saved":"${saved.toISOString()}","maps":{${content.join(",")}}}\n`;
}

/** The text of a map. */
export function writeMap(values: Iterable<readonly [string, unknown]>): string {
  const content: string[] = [];
  for (const [key, value] of values) {
    const text = isJson(value, new Set())
      ? JSON.stringify(value)
      : `{"${VALUE}":"${encode(value)}"}`;
    content.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${content.join(",")}}`;
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
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, VALUE)) return decodeValue(new ByteReader(toBytes(value[VALUE])));
  return Object.hasOwn(value, CLONE) ? deserialize(toBytes(value[CLONE])) : value;
}

/** Whether JSON gives the value back as it was. Values are not deeper than their limit. */
function isJson(value: unknown, above: Set<object>): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object") return typeof value === "string" || typeof value === "boolean";
  if (value === null) return true;
  if (above.has(value)) return false;
  const isList = Array.isArray(value);
  if (!isList && !isRecord(value)) return false;
  if (Object.hasOwn(value, CLONE) || Object.hasOwn(value, VALUE)) return false;
  above.add(value);
  const parts: unknown[] = isList ? [...value] : Object.values(value);
  const is = parts.every((part) => isJson(part, above));
  above.delete(value);
  return is;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}

function encode(value: unknown): string {
  const out = new ByteWriter();
  encodeValue(out, value, "a saved value");
  const bytes = out.slice();
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  }
  return btoa(pieces.join(""));
}

function toBytes(text: unknown): Uint8Array {
  if (typeof text !== "string") throw new Error("a value is no text");
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
