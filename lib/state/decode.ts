import { type ByteReader, FormatError } from "./bytes.ts";
import { ERRORS, Kind, VIEWS } from "./encode.ts";
import { LIMITS, Meter, type Part } from "./meter.ts";

const fail = (why: string): never => {
  throw new FormatError(why);
};

/**
 * Reads a value, its objects and arrays frozen. The bytes may be anybody's: the limits are the writer's.
 *
 * @throws {FormatError} when the bytes are no value, or one beyond the limits.
 */
export function decodeValue(from: ByteReader): unknown {
  const before = from.left;
  const value = new Decoder(from).part();
  if (before - from.left > LIMITS.bytes + 64) fail(`a value is larger than ${LIMITS.bytes} bytes`);
  return value;
}

const HOLE = Symbol("hole");

class Decoder {
  readonly #from: ByteReader;
  readonly #meter = new Meter(fail);
  /** What has been read so far, by its number. */
  readonly #parts: Part[] = [];
  readonly #values: object[] = [];

  constructor(from: ByteReader) {
    this.#from = from;
  }

  #read(): unknown {
    this.#meter.count(1);
    const from = this.#from;
    const kind = from.byte();
    switch (kind) {
      case Kind.undefined:
        return undefined;
      case Kind.null:
        return null;
      case Kind.false:
        return false;
      case Kind.true:
        return true;
      case Kind.whole:
        return from.uint();
      case Kind.negative:
        return -from.uint();
      case Kind.number:
        return from.float();
      case Kind.text:
        return from.text(LIMITS.bytes);
      case Kind.bigint:
        return readBigInt(from.text(LIMITS.bytes));
      case Kind.hole:
        return HOLE;
      case Kind.met:
        return this.#meet(from.uint());
      default:
        return this.#object(kind);
    }
  }

  #meet(id: number): object {
    const part = this.#parts[id] ?? fail("a part refers to none");
    this.#meter.meet(part);
    return this.#values[id] ?? fail("a part refers to itself");
  }

  #object(kind: number): object {
    const part = this.#meter.enter();
    this.#parts.push(part);
    const value = this.#partsOf(kind, part.id);
    this.#values[part.id] = value;
    this.#meter.leave(part);
    return value;
  }

  /** What has parts is put into `#values` before they are read: they may refer to it. */
  #partsOf(kind: number, id: number): object {
    switch (kind) {
      case Kind.array:
        return this.#array(id);
      case Kind.record:
        return this.#record(id);
      case Kind.map:
        return this.#map(this.#values[id] = new Map());
      case Kind.set:
        return this.#set(this.#values[id] = new Set());
      case Kind.date:
        return new Date(this.#from.float());
      case Kind.pattern:
        return this.#pattern();
      case Kind.domException:
        return this.#domException();
      case Kind.error:
        return this.#error(id);
      case Kind.buffer:
        return this.#from.raw(this.#from.uint()).slice().buffer;
      case Kind.view:
        return this.#view();
      case Kind.boxed:
        return Object(this.#scalar());
      default:
        return fail(`no value begins with ${kind}`);
    }
  }

  /** How many parts follow: each has a byte at least. */
  #length(): number {
    const length = this.#from.uint();
    if (length > this.#from.left || length > LIMITS.nodes) fail("a length is too large");
    return length;
  }

  #array(id: number): unknown[] {
    const length = this.#length();
    const array: unknown[] = this.#values[id] = [];
    for (let i = 0; i < length; i++) {
      const item = this.#read();
      if (item === HOLE) array.length++;
      else array.push(item);
    }
    return Object.freeze(array) as unknown[];
  }

  #record(id: number): object {
    const length = this.#length();
    const record: Record<string, unknown> = this.#values[id] = {};
    for (let i = 0; i < length; i++) {
      const name = this.#from.text(LIMITS.bytes);
      const value = this.part();
      if (name !== "__proto__") record[name] = value;
      else Object.defineProperty(record, name, { value, enumerable: true });
    }
    return Object.freeze(record);
  }

  #map(map: Map<unknown, unknown>): object {
    for (let left = this.#length(); left > 0; left--) map.set(this.part(), this.part());
    return map;
  }

  #set(set: Set<unknown>): object {
    for (let left = this.#length(); left > 0; left--) set.add(this.part());
    return set;
  }

  #pattern(): RegExp {
    const [source, flags] = [this.#from.text(LIMITS.bytes), this.#from.text(16)];
    try {
      return new RegExp(source, flags);
    } catch {
      return fail("a pattern is none");
    }
  }

  #domException(): DOMException {
    const name = this.#from.text(LIMITS.bytes);
    const error = new DOMException(this.#from.text(LIMITS.bytes), name);
    define(error, "stack", this.#from.text(LIMITS.bytes));
    return error;
  }

  #error(id: number): Error {
    const type = ERRORS[this.#from.byte()] ?? fail("an error of no class");
    const error = new type(this.#from.text(LIMITS.bytes));
    this.#values[id] = error;
    const stack = this.#from.text(LIMITS.bytes);
    define(error, "stack", stack === "" ? undefined : stack);
    if (this.#from.byte() === 1) define(error, "cause", this.part());
    return error;
  }

  #view(): object {
    const type = VIEWS[this.#from.byte()] ?? fail("a view of no class");
    const [offset, length] = [this.#from.uint(), this.#from.uint()];
    const buffer = this.part();
    if (!(buffer instanceof ArrayBuffer)) return fail("a view of no buffer");
    try {
      return new (type as typeof Uint8Array)(buffer, offset, length);
    } catch {
      return fail("a view beyond its buffer");
    }
  }

  #scalar(): unknown {
    const value = this.part();
    if (value === null || value === undefined || typeof value === "object") {
      fail("a box of nothing");
    }
    return value;
  }

  part(): unknown {
    const value = this.#read();
    return value === HOLE ? fail("a hole outside of an array") : value;
  }
}

function readBigInt(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) fail("a bigint is none");
  return text.startsWith("-") ? -parseBigInt(text.slice(1)) : parseBigInt(text);
}

function parseBigInt(hex: string): bigint {
  try {
    return BigInt(`0x${hex}`);
  } catch {
    return fail("a bigint is none");
  }
}

function define(error: Error, name: "stack" | "cause", value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true });
}
