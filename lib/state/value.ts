/**
 * Values as JSON. What JSON gives back as it was is itself; all else is `{ "$": [kind, …] }`, and so is an object with a
 * name that begins with `$`.
 *
 * @module
 */
import { describe, fail, FormatError, KINDS, Refusal, refuse } from "./value_kinds.ts";
import { LIMITS, Meter, type Part } from "./meter.ts";

/** Whether JSON gives a value back as it was, and it is small and has no parts. */
export function isSimple(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "boolean" || value === null ||
    typeof value === "string" && value.length <= LIMITS.bytes / 4;
}

/**
 * A value's text: all that structured clone knows, except for what belongs to a thread (ports, keys, modules of
 * WebAssembly, blobs) and memory that threads share. An instance of a class becomes a plain object.
 *
 * @param place what the value is for, such as `Daemons.disk_watch.Free.C:`; an error begins with it
 * @throws {TypeError} when a part of the value cannot be carried; it names the part.
 */
export function encodeValue(value: unknown, place: string): string {
  if (isSimple(value)) return JSON.stringify(value);
  const encoder = new Encoder();
  try {
    return JSON.stringify(encoder.encode(value));
  } catch (error) {
    const why = error instanceof Refusal ? error.message : `not to be carried (${describe(error)})`;
    throw new TypeError(`Cannot set ${place}: ${place}${encoder.where()} is ${why}`);
  }
}

/**
 * Reads a value from its JSON, parsed; that becomes part of the value. Its objects and arrays are frozen. The text may be
 * anybody's: the limits are the writer's.
 *
 * @throws {FormatError} when it is no value, or one beyond the limits.
 */
export function decodeValue(json: unknown): unknown {
  return isSimple(json) ? json : new Decoder().part(json);
}

/** A value that JSON has no form for. */
function tag(kind: string, ...parts: unknown[]): unknown {
  return { $: [kind, ...parts] };
}

/** The largest number of steps of a path in an error. */
const STEPS = 20;

/** Writes one value. */
export class Encoder {
  /** The way to the part that is being written: indexes, names, and calls in words. */
  readonly #trail: (string | number)[] = [];
  readonly #meter = new Meter((why, isWhole) => {
    if (isWhole) this.#trail.length = 0;
    return refuse(why);
  });
  readonly #met = new Map<object, Part>();

  /** Where the walk is. */
  where(): string {
    const steps = this.#trail.slice(0, STEPS).map((step) =>
      typeof step === "number" ? `[${step}]` : `.${step}`
    );
    return steps.join("") + (this.#trail.length > STEPS ? "…" : "");
  }

  /** The JSON of a part. */
  encode(value: unknown): unknown {
    this.#meter.count(1);
    switch (typeof value) {
      case "boolean":
        return value;
      case "string":
        return this.text(value);
      case "number":
        return isSimple(value) ? value : tag("number", Object.is(value, -0) ? "-0" : `${value}`);
      case "bigint":
        return tag("bigint", this.text(value.toString(16)));
      case "undefined":
        return tag("undefined");
      case "object":
        return value === null ? null : this.#object(value);
      default:
        return refuse(`a ${typeof value}, which cannot be carried`);
    }
  }

  /** The JSON of a part. @param step leads to it. @param get gives it; may throw. */
  at(step: string | number, get: () => unknown): unknown {
    this.#trail.push(step);
    const json = this.encode(get());
    this.#trail.pop();
    return json;
  }

  /** Counts a text, and returns it. */
  text(text: string): string {
    return this.#meter.text(`${text}`);
  }

  /** Counts bytes. */
  size(bytes: number): void {
    this.#meter.size(bytes);
  }

  #object(value: object): unknown {
    const met = this.#met.get(value);
    if (met) {
      this.#meter.meet(met);
      return tag("met", met.id);
    }
    this.#met.set(value, this.#meter.enter());
    const json = Array.isArray(value) ? this.#array(value) : this.#kind(value);
    this.#meter.leave();
    return json;
  }

  #array(array: unknown[]): unknown {
    // Refused before all of them are visited.
    this.size(array.length);
    const json: unknown[] = [];
    for (let i = 0; i < array.length; i++) {
      json.push(i in array ? this.at(i, () => array[i]) : tag("hole"));
    }
    return json;
  }

  #kind(value: object): unknown {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#record(value);
    for (const [name, kind] of KINDS) {
      if (kind.is(value)) return tag(name as string, ...kind.write(value, this));
    }
    const type = Object.prototype.toString.call(value).slice("[object ".length, -1);
    if (type === "Object") return this.#record(value);
    return refuse(`a ${type.replace(/^.*\./, "")}, which cannot be carried`);
  }

  #record(record: object): unknown {
    const json = {};
    let isPlain = true;
    for (const name of Object.keys(record)) {
      put(json, this.text(name), this.at(name, () => Reflect.get(record, name)));
      isPlain &&= !name.startsWith("$");
    }
    return isPlain ? json : tag("record", json);
  }
}

/** What stands in an array for an item that is not there. */
const HOLE = Symbol("hole");

/** Reads one value. */
export class Decoder {
  readonly #meter = new Meter(fail);
  /** What has been read so far, by its number. */
  readonly #parts: Part[] = [];
  readonly #values: object[] = [];

  /** The part that the JSON represents. */
  part(json: unknown): unknown {
    const value = this.#read(json);
    return value === HOLE ? fail("a hole outside of an array") : value;
  }

  /** Counts a text, and returns it. */
  text(text: unknown): string {
    return typeof text === "string" ? this.#meter.text(text) : fail("a text is none");
  }

  /** Counts bytes. */
  size(bytes: number): void {
    this.#meter.size(bytes);
  }

  /** Makes the object known that is being read, before its parts are: they may refer to it. */
  hold<T extends object>(value: T): T {
    return this.#values[this.#parts.length - 1] = value;
  }

  #read(json: unknown): unknown {
    this.#meter.count(1);
    if (typeof json === "string") return this.#meter.text(json);
    if (typeof json !== "object" || json === null) return json;
    if (Array.isArray(json)) return this.#object(() => this.#array(json));
    if (!Object.hasOwn(json, "$")) return this.#object(() => this.#record(json));
    try {
      const [kind, ...parts] = (json as { $: unknown[] }).$;
      return this.#tagged(kind, parts);
    } catch (error) {
      throw error instanceof FormatError ? error : new FormatError(describe(error));
    }
  }

  #object(read: () => object): object {
    const part = this.#meter.enter();
    this.#parts.push(part);
    const value = this.#values[part.id] = read();
    this.#meter.leave();
    return value;
  }

  #array(array: unknown[]): object {
    this.hold(array);
    for (let i = 0; i < array.length; i++) {
      const item = this.#read(array[i]);
      if (item === HOLE) delete array[i];
      else array[i] = item;
    }
    return Object.freeze(array);
  }

  #record(record: object): object {
    this.hold(record);
    for (const [name, json] of Object.entries(record)) {
      put(record, this.text(name), this.part(json));
    }
    return Object.freeze(record);
  }

  #tagged(kind: unknown, parts: unknown[]): unknown {
    switch (kind) {
      case "undefined":
        return undefined;
      case "hole":
        return HOLE;
      case "number":
        return Number(this.text(parts[0]));
      case "bigint":
        return readBigInt(this.text(parts[0]));
      case "met":
        return this.#meet(Number(parts[0]));
      case "record":
        return this.#object(() => this.#record(parts[0] as object));
      default: {
        const { read } = KINDS.get(kind) ?? fail("a part is of no kind that is known");
        return this.#object(() => read(this, parts));
      }
    }
  }

  #meet(id: number): object {
    const [part, value] = [this.#parts[id], this.#values[id]];
    if (!part || !value) return fail("a part refers to none, or to itself");
    this.#meter.meet(part);
    return value;
  }
}

function readBigInt(hex: string): bigint {
  return hex.startsWith("-") ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`);
}

function put(record: object, name: string, value: unknown): void {
  if (name !== "__proto__") (record as Record<string, unknown>)[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, writable: true });
}
