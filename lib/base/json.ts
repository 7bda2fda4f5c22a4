import { OBEYED } from "./text.ts";

/** True for what a configuration calls an object: `{ … }`, neither an array nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two values are the same as JSON, the order of keys included. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The part of a value at a path of own keys and indices; undefined when there is none. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

/** How much of a value is written. A part that occurs several times counts each time. */
export interface JsonLimits {
  /** Characters of the text, without indentation. */
  characters: number;
  /** Number of values, nested ones included. */
  nodes: number;
  /** Nesting depth of arrays and objects, since the writer is recursive. */
  depth: number;
}

/** Default limits: some 100 ms of work. */
export const JSON_LIMITS: Readonly<JsonLimits> = {
  characters: 8 * 1024 * 1024,
  nodes: 500_000,
  depth: 200,
};

/** Replaces the parts that a limit cut off. */
const CUT = "…";

/** From here on only the length of a number is written: making its digits takes quadratic time. */
const LARGE = 2n ** 4096n;

/**
 * Characters that are legal in JSON and control a terminal or the direction of text. They are written as `\uXXXX`,
 * which is the same value.
 */
const ESCAPED = new RegExp(`[${OBEYED}]`, "g");

/**
 * A value of the public state as JSON. Values without a form in JSON are converted: a bigint to its digits, a map to
 * its pairs, a set to its items, bytes to numbers; an error, a regular expression, an invalid date and a number that is not
 * finite to text. Circular references, and what is beyond a limit, are cut. Never throws; its time is bounded by the
 * limits.
 *
 * @param indent spaces a level. Default: one line.
 * @param limits Default: {@linkcode JSON_LIMITS}.
 */
export function toJson(
  value: unknown,
  indent = 0,
  limits: Partial<JsonLimits> = {},
): string {
  const plain = new PlainCopy({ ...JSON_LIMITS, ...limits }).of(value);
  return quote(plain ?? null, indent);
}

/** Long texts are measured in pieces of this length, characters, until the limit is reached. */
const PIECE = 64 * 1024;

/** Text without characters that JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Copies a value, as much of it as the limits allow, into one that `JSON.stringify` writes without surprises. */
class PlainCopy {
  readonly #depth: number;
  /** What is left of the limits: values, and characters of their JSON. */
  #nodes: number;
  #room: number;
  readonly #above = new Set<object>();

  constructor({ depth, nodes, characters }: JsonLimits) {
    this.#depth = depth;
    this.#nodes = nodes;
    this.#room = characters;
  }

  of(value: unknown): unknown {
    if (this.#isFull()) return CUT;
    this.#nodes--;
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint") return this.#text(describeWhole(value));
    if (typeof value === "number" && !Number.isFinite(value)) return this.#text(String(value));
    if (typeof value === "object" && value !== null) return this.#nested(value);
    const isPlain = typeof value === "number" || typeof value === "boolean";
    const plain = isPlain ? value : null;
    this.#room -= String(plain).length;
    return plain;
  }

  #isFull(): boolean {
    return this.#nodes <= 0 || this.#room <= 0;
  }

  #text(text: string): string {
    let end = 0;
    this.#room--;
    while (end < text.length && this.#room > 0) {
      const piece = text.slice(end, end + Math.min(PIECE, this.#room));
      this.#room -= PLAIN.test(piece) ? piece.length : quote(piece).length - 2;
      end += piece.length;
    }
    this.#room--;
    return end < text.length ? text.slice(0, end) + CUT : text;
  }

  #nested(value: object): unknown {
    if (this.#above.has(value)) return "[Circular]";
    if (this.#above.size >= this.#depth) return "[Too deep]";
    this.#above.add(value);
    this.#room--;
    try {
      return this.#object(value);
    } finally {
      this.#room--;
      this.#above.delete(value);
    }
  }

  #object(value: object): unknown {
    if (Array.isArray(value)) return this.#array(value);
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      const text = textOf(value);
      if (text !== undefined) return this.#text(text);
      if (isBoxed(value)) return this.of(value.valueOf());
      const items = itemsOf(value);
      if (items) return this.#array(items);
    }
    return this.#members(value as Record<string, unknown>);
  }

  #array(items: Iterable<unknown>): unknown[] {
    const copy = [];
    for (const item of items) {
      const isFull = this.#isFull();
      copy.push(this.of(item));
      this.#room--;
      if (isFull) break;
    }
    return copy;
  }

  #members(object: Record<string, unknown>): Record<string, unknown> {
    const copy = Object.create(null);
    for (const key of Object.keys(object)) {
      const value = read(object, key);
      if (value === undefined || typeof value === "function" || typeof value === "symbol") continue;
      const isFull = this.#isFull();
      copy[isFull ? CUT : this.#text(key)] = this.of(value);
      this.#room -= 2;
      if (isFull) break;
    }
    return copy;
  }
}

/** A plain value as JSON without characters that control a terminal. */
function quote(plain: unknown, indent = 0): string {
  return JSON.stringify(plain, undefined, indent).replaceAll(ESCAPED, escape);
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function describeWhole(number: bigint): string {
  const isLarge = number >= LARGE || number <= -LARGE;
  return isLarge ? "a whole number of more than 1,200 digits" : String(number);
}

/** A getter may throw, where a value was not cloned. */
function read(object: Record<string, unknown>, key: string): unknown {
  try {
    return object[key];
  } catch {
    return "[Cannot be read]";
  }
}

function textOf(value: object): string | undefined {
  try {
    if (value instanceof Date) {
      return isNaN(value.getTime()) ? String(value) : value.toISOString();
    }
    if (value instanceof RegExp || value instanceof Error) return String(value);
  } catch {
    return "[Cannot be read]";
  }
  return undefined;
}

function isBoxed(value: object): boolean {
  return value instanceof Number || value instanceof String || value instanceof Boolean ||
    value instanceof BigInt;
}

function itemsOf(value: object): Iterable<unknown> | undefined {
  if (value instanceof Map || value instanceof Set) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return ArrayBuffer.isView(value) ? value as Uint8Array : undefined;
}
