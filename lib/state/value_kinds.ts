/** The kinds of objects that JSON has no form for. @module */
import type { Decoder, Encoder } from "./value.ts";

/** Thrown when what was received is not what it should be. */
export class FormatError extends Error {}

/** Thrown while a value is written: what is wrong with the part that is being written. */
export class Refusal extends Error {}

/** Throws a {@linkcode Refusal}. */
export const refuse = (why: string): never => {
  throw new Refusal(why);
};

/** Throws a {@linkcode FormatError}. */
export const fail = (why: string): never => {
  throw new FormatError(why);
};

/** How a kind of object is written and read. */
export interface Kind {
  is(value: object): boolean;
  /** Its parts. */
  write(value: object, encoder: Encoder): unknown[];
  /** The object of its parts. */
  read(decoder: Decoder, parts: readonly unknown[]): object;
}

function kind<T>(
  type: { prototype: T },
  write: (value: T, encoder: Encoder) => unknown[],
  read: Kind["read"],
): Kind {
  const is = (value: object) => value instanceof (type as unknown as typeof Object);
  return { is, write: write as Kind["write"], read };
}

/** Those that keep their class; of another one its stack still tells the name. */
const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

const BOXES = [Number, String, Boolean, BigInt, Symbol] as const;

const VIEWS = [
  ...[DataView, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array],
  ...[Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, Float16Array],
] as const;

/** By the names that stand for them. */
export const KINDS = new Map<unknown, Kind>(Object.entries({
  Map: kind(
    Map,
    (map: Map<unknown, unknown>, encoder) =>
      [...Map.prototype.entries.call(map)].flatMap((entry) =>
        entry.map((part) => encoder.at(`get(${describe(entry[0]).slice(0, 100)})`, () => part))
      ),
    (decoder, parts) => {
      const map = decoder.hold(new Map());
      for (let i = 0; i < parts.length; i += 2) {
        map.set(decoder.part(parts[i]), decoder.part(parts[i + 1]));
      }
      return map;
    },
  ),
  Set: kind(
    Set,
    (set: Set<unknown>, encoder) =>
      [...Set.prototype.values.call(set)].map((item, i) => encoder.at(`item(${i})`, () => item)),
    (decoder, parts) => {
      const set = decoder.hold(new Set());
      for (const item of parts) set.add(decoder.part(item));
      return set;
    },
  ),
  Date: kind(
    Date,
    (date) => [Date.prototype.getTime.call(date)],
    (_, [time]) => new Date(time as number ?? NaN),
  ),
  RegExp: kind(
    RegExp,
    ({ source, flags }, encoder) => [source, flags].map((text) => encoder.text(text)),
    (decoder, [source, flags]) => new RegExp(decoder.text(source), decoder.text(flags)),
  ),
  DOMException: kind(
    DOMException,
    ({ name, message, stack }, encoder) =>
      [name, message, stack].map((text) => encoder.text(text ?? "")),
    (decoder, [name, message, stack]) => {
      const error = new DOMException(decoder.text(message), decoder.text(name));
      return define(error, "stack", decoder.text(stack));
    },
  ),
  // As structured clone: class, message, stack and cause, and no properties of its own.
  Error: kind(
    Error,
    (error, encoder) => [
      Math.max(0, ERRORS.findIndex(({ name }) => name === error.name)),
      encoder.text(error.message ?? ""),
      encoder.text(error.stack ?? ""),
      ...Object.hasOwn(error, "cause") ? [encoder.at("cause", () => error.cause)] : [],
    ],
    (decoder, [type, message, stack, ...causes]) => {
      const error = decoder.hold(new ERRORS[type as number]!(decoder.text(message)));
      define(error, "stack", decoder.text(stack));
      for (const cause of causes) define(error, "cause", decoder.part(cause));
      return error;
    },
  ),
  ArrayBuffer: kind(
    ArrayBuffer,
    (buffer, encoder) => {
      encoder.size(buffer.byteLength);
      return [new Uint8Array(buffer).toBase64()];
    },
    (decoder, [text]) => {
      const { buffer } = Uint8Array.fromBase64(text as string);
      decoder.size(buffer.byteLength);
      return buffer;
    },
  ),
  SharedArrayBuffer: kind(
    SharedArrayBuffer,
    () => refuse("shared memory, which every thread could change"),
    () => fail("shared memory"),
  ),
  ...Object.fromEntries(VIEWS.map((type) => [
    type.name,
    kind<ArrayBufferView>(
      type,
      (view, encoder) => [
        encoder.encode(view.buffer),
        view.byteOffset,
        (view as Uint8Array).length ?? view.byteLength,
      ],
      (decoder, [json, offset, length]) => {
        const buffer = decoder.part(json);
        if (!(buffer instanceof ArrayBuffer)) return fail("a view of no buffer");
        return new (type as typeof Uint8Array)(buffer, offset as number, length as number);
      },
    ),
  ])),
  ...Object.fromEntries(BOXES.map((type) => [
    type.name,
    kind<{ valueOf(): unknown }>(
      type,
      (box, encoder) => [encoder.encode(box.valueOf())],
      (decoder, [json]) => {
        const value = decoder.part(json);
        return typeof value === "object" || value === undefined
          ? fail("a box of none")
          : Object(value);
      },
    ),
  ])),
}));

function define<T extends Error>(error: T, name: "stack" | "cause", value: unknown): T {
  return Object.defineProperty(error, name, { value, configurable: true, writable: true });
}

/** A value in words, such as an error; never throws. */
export function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "something that has no words";
  }
}
