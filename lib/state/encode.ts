import type { ByteWriter } from "./bytes.ts";
import { LIMITS, Meter, type Part } from "./meter.ts";

/** What a value is made of, each with the byte that stands for it. The numbers are in saved files: do not reuse one. */
export const Kind = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  whole: 4,
  negative: 5,
  number: 6,
  text: 7,
  bigint: 8,
  array: 9,
  hole: 10,
  record: 11,
  map: 12,
  set: 13,
  date: 14,
  pattern: 15,
  error: 16,
  buffer: 17,
  view: 18,
  boxed: 19,
  met: 20,
  domException: 21,
} as const;

/** The views of a buffer, by the number that stands for each. */
export const VIEWS = [
  ...[DataView, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array],
  ...[Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, Float16Array],
] as const;

/** The errors that keep their class; of another one its stack still tells the name. */
export const ERRORS = [
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
] as const;

/** The way into a value: an index, a property's name, or a part of a map or set in words. */
type Step = number | string | { words: string };

/** An error names so many steps at most. */
const STEPS = 20;

/** Thrown inside this file alone: what is wrong with the part at the end of the trail. */
class Refusal extends Error {}

const refuse = (why: string): never => {
  throw new Refusal(why);
};

/**
 * Writes a value's bytes: all that structured clone knows, except for what belongs to a thread (ports, keys, modules of
 * WebAssembly, blobs) and memory that threads share. An instance of a class becomes a plain object.
 *
 * @param place what the value is for, such as `Daemons.disk_watch.Free.C:`; an error begins with it
 * @throws {TypeError} when a part of the value cannot be carried; it names the part. Nothing is written then.
 */
export function encodeValue(out: ByteWriter, value: unknown, place: string): void {
  const encoder = new Encoder(out);
  const { length } = out;
  try {
    encoder.write(value);
    encoder.checkSize(0);
  } catch (error) {
    out.cut(length);
    const why = error instanceof Refusal ? error.message : `not to be carried (${text(error)})`;
    throw new TypeError(`Cannot set ${place}: ${place}${encoder.where()} is ${why}`);
  }
}

class Encoder {
  readonly #out: ByteWriter;
  readonly #start: number;
  readonly #meter = new Meter(refuse);
  readonly #trail: Step[] = [];
  #met: Map<object, Part> | undefined;

  constructor(out: ByteWriter) {
    this.#out = out;
    this.#start = out.length;
  }

  /** Where the walk is. */
  where(): string {
    const steps = this.#trail.slice(0, STEPS).map((step) =>
      typeof step === "number" ? `[${step}]` : typeof step === "string" ? `.${step}` : step.words
    );
    return steps.join("") + (this.#trail.length > STEPS ? "…" : "");
  }

  write(value: unknown): void {
    this.#meter.count(1);
    this.checkSize(0);
    const out = this.#out;
    switch (typeof value) {
      case "undefined":
        return out.byte(Kind.undefined);
      case "boolean":
        return out.byte(value ? Kind.true : Kind.false);
      case "number":
        return this.#number(value);
      case "string":
        out.byte(Kind.text);
        return this.#text(value);
      case "bigint":
        out.byte(Kind.bigint);
        return this.#text(value.toString(16));
      case "object":
        return value === null ? out.byte(Kind.null) : this.#object(value);
      default:
        refuse(`a ${typeof value}, which cannot be carried`);
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#out.byte(Kind.number);
      return this.#out.float(value);
    }
    this.#out.byte(value < 0 ? Kind.negative : Kind.whole);
    this.#out.uint(Math.abs(value));
  }

  #text(text: string): void {
    this.checkSize(text.length);
    this.#out.text(text);
  }

  #object(value: object): void {
    this.#met ??= new Map();
    const met = this.#met.get(value);
    if (met) {
      this.#meter.meet(met);
      this.#out.byte(Kind.met);
      return this.#out.uint(met.id);
    }
    const part = this.#meter.enter();
    this.#met.set(value, part);
    this.#parts(value);
    this.#meter.leave(part);
  }

  #parts(value: object): void {
    if (Array.isArray(value)) return this.#array(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#record(value);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#set(value);
    if (value instanceof Date) return this.#date(value);
    if (value instanceof RegExp) return this.#pattern(value);
    if (value instanceof DOMException) return this.#domException(value);
    if (value instanceof Error) return this.#error(value);
    if (value instanceof ArrayBuffer) return this.#buffer(value);
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (isBoxed(value)) return this.#boxed(value.valueOf());
    if (value instanceof SharedArrayBuffer) {
      refuse("shared memory, which every thread could change");
    }
    const tag = Object.prototype.toString.call(value);
    if (tag === "[object Object]") return this.#record(value);
    refuse(`a ${nameOf(value) ?? tag.slice(8, -1)}, which cannot be carried`);
  }

  #array(array: unknown[]): void {
    const { length } = array;
    this.#begin(Kind.array, length);
    for (let i = 0; i < length; i++) {
      if (i in array) this.#property(array, i);
      else this.#out.byte(Kind.hole);
    }
  }

  #record(record: object): void {
    const names = Object.keys(record);
    this.#begin(Kind.record, names.length);
    for (const name of names) {
      this.#text(name);
      this.#property(record, name);
    }
  }

  #map(map: Map<unknown, unknown>): void {
    const entries = [...Map.prototype.entries.call(map)];
    this.#begin(Kind.map, entries.length);
    for (const [key, value] of entries) {
      this.#trail.push({ words: `.get(${text(key).slice(0, 100)})` });
      this.write(key);
      this.write(value);
      this.#trail.pop();
    }
  }

  #set(set: Set<unknown>): void {
    const items = [...Set.prototype.values.call(set)];
    this.#begin(Kind.set, items.length);
    for (const [index, item] of items.entries()) {
      this.#trail.push({ words: `.item(${index})` });
      this.write(item);
      this.#trail.pop();
    }
  }

  #date(date: Date): void {
    this.#out.byte(Kind.date);
    this.#out.float(Date.prototype.getTime.call(date));
  }

  #pattern(pattern: RegExp): void {
    this.#out.byte(Kind.pattern);
    this.#text(String(pattern.source));
    this.#text(String(pattern.flags));
  }

  #domException({ name, message, stack }: DOMException): void {
    this.#out.byte(Kind.domException);
    for (const text of [name, message, stack]) this.#text(String(text));
  }

  /** As structured clone: class, message, stack and cause, and no properties of its own. */
  #error(error: Error): void {
    this.#out.byte(Kind.error);
    const name = read(error, "name");
    this.#out.byte(Math.max(0, ERRORS.findIndex((type) => type.name === name)));
    for (const field of ["message", "stack"]) {
      const value = read(error, field);
      this.#text(value === undefined ? "" : String(value));
    }
    const hasCause = Object.hasOwn(error, "cause");
    this.#out.byte(Number(hasCause));
    if (hasCause) this.#property(error, "cause");
  }

  #buffer(buffer: ArrayBuffer): void {
    this.#begin(Kind.buffer, 0, buffer.byteLength);
    this.#out.raw(new Uint8Array(buffer));
  }

  #view(view: ArrayBufferView): void {
    this.#out.byte(Kind.view);
    const kind = VIEWS.findIndex((type) => view instanceof type);
    this.#out.byte(kind);
    this.#out.uint(view.byteOffset);
    this.#out.uint(kind === 0 ? view.byteLength : (view as Uint8Array).length);
    if (!(view.buffer instanceof ArrayBuffer)) {
      refuse("shared memory, which every thread could change");
    }
    this.write(view.buffer);
  }

  #boxed(value: unknown): void {
    if (typeof value === "symbol") refuse("a symbol, which cannot be carried");
    this.#out.byte(Kind.boxed);
    this.write(value);
  }

  #begin(kind: number, length: number, size = length): void {
    this.checkSize(size);
    this.#out.byte(kind);
    this.#out.uint(size);
    if (length > LIMITS.nodes) this.#meter.count(length);
  }

  #property(holder: object, name: number | string): void {
    this.#trail.push(name);
    this.write(read(holder, name));
    this.#trail.pop();
  }

  /** Refused before it is written: what is written lies in memory. */
  checkSize(more: number): void {
    if (this.#out.length - this.#start + more <= LIMITS.bytes) return;
    this.#trail.length = 0;
    refuse(`too large: at most ${LIMITS.bytes} bytes`);
  }
}

function isBoxed(value: object): boolean {
  return value instanceof Number || value instanceof String || value instanceof Boolean ||
    value instanceof BigInt || value instanceof Symbol;
}

function read(holder: object, name: number | string): unknown {
  try {
    return (holder as Record<number | string, unknown>)[name];
  } catch (error) {
    return refuse(`a property that cannot be read (${text(error)})`);
  }
}

function nameOf(value: object): string | undefined {
  try {
    const name = value.constructor?.name;
    return typeof name === "string" && name !== "" ? name.slice(0, 100) : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "something that has no words";
  }
}
