/** True for what a configuration calls an object: `{ … }`, neither an array nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How much of a value is written. A part that is shared counts each time it is met. */
export interface JsonLimits {
  /** Characters of the text, without indentation. */
  characters: number;
  /** Values, those inside others too. */
  nodes: number;
  /** Levels of arrays and objects. The stack of what writes them ends somewhere. */
  depth: number;
}

/** Default limits: some 100 ms of work. */
export const JSON_LIMITS: Readonly<JsonLimits> = {
  characters: 8 * 1024 * 1024,
  nodes: 500_000,
  depth: 200,
};

/** What stands for the parts that a limit cut off. */
const CUT = "…";

/** Its digits take longer than their number squared: from here on only its length is said. */
const LARGE = 2n ** 4096n;

/**
 * Characters that are legal in JSON and that a terminal would obey, or that would turn the writing round: they are
 * written as `\uXXXX`, which is the same value.
 */
const OBEYED = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const ALL_OBEYED = new RegExp(OBEYED, "g");

/**
 * A value of the public state as JSON. What JSON does not know becomes what comes next: a whole number of any length
 * its digits, a map its pairs, a set its items, bytes their numbers; an error, an expression, an invalid date and a
 * number that is not finite become text. Circular references, and what is beyond a limit, are cut; the rest is whole.
 * Never throws, and takes no longer than its limits allow, whatever the value holds.
 *
 * @param indent spaces a level. Default: one line.
 * @param limits Default: {@linkcode JSON_LIMITS}.
 */
export function toJson(
  value: unknown,
  indent = 0,
  limits: Partial<JsonLimits> = {},
): string {
  const writer = new Writer(indent, { ...JSON_LIMITS, ...limits });
  writer.value(value);
  return writer.text;
}

/** Long texts are written in pieces of so many characters, until there is no more room. */
const PIECE = 64 * 1024;

class Writer {
  text = "";
  readonly #indent: number;
  readonly #limits: JsonLimits;
  readonly #above = new Set<object>();
  #nodes = 0;
  /** Characters of the indentation. */
  #blanks = 0;

  constructor(indent: number, limits: JsonLimits) {
    this.#indent = indent;
    this.#limits = limits;
  }

  value(value: unknown): void {
    if (this.#isFull()) return this.#string(CUT);
    this.#nodes++;
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        if (Number.isFinite(value)) this.text += value;
        else this.#string(String(value));
        return;
      case "boolean":
        this.text += value;
        return;
      case "bigint":
        return this.#string(describeWhole(value));
      case "object":
        if (value !== null) return this.#nested(value);
    }
    this.text += "null";
  }

  #isFull(): boolean {
    return this.#nodes >= this.#limits.nodes || this.#room() <= 0;
  }

  #room(): number {
    return this.#limits.characters + this.#blanks - this.text.length;
  }

  #string(text: string): void {
    if (text.length <= PIECE) {
      this.text += quote(text);
      return;
    }
    this.text += '"';
    let at = 0;
    while (at < text.length && this.#room() > 0) {
      const piece = text.slice(at, at + Math.min(PIECE, this.#room()));
      this.text += quote(piece).slice(1, -1);
      at += piece.length;
    }
    this.text += at < text.length ? `${CUT}"` : '"';
  }

  #nested(value: object): void {
    if (this.#above.has(value)) return this.#string("[Circular]");
    if (this.#above.size >= this.#limits.depth) return this.#string("[Too deep]");
    this.#above.add(value);
    try {
      this.#object(value);
    } finally {
      this.#above.delete(value);
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) return this.#array(value);
    if (Object.getPrototypeOf(value) === Object.prototype) {
      return this.#members(value as Record<string, unknown>);
    }
    const text = textOf(value);
    if (text !== undefined) return this.#string(text);
    if (isBoxed(value)) return this.value(value.valueOf());
    const items = itemsOf(value);
    if (items) return this.#array(items);
    this.#members(value as Record<string, unknown>);
  }

  #array(items: Iterable<unknown>): void {
    this.#group("[", "]", (next) => {
      for (const item of items) {
        next();
        const full = this.#isFull();
        this.value(item);
        if (full) return;
      }
    });
  }

  #members(object: Record<string, unknown>): void {
    this.#group("{", "}", (next) => {
      for (const key of Object.keys(object)) {
        const value = read(object, key);
        if (value === undefined || typeof value === "function" || typeof value === "symbol") {
          continue;
        }
        next();
        const full = this.#isFull();
        this.#string(full ? CUT : key);
        this.text += this.#indent > 0 ? ": " : ":";
        this.value(value);
        if (full) return;
      }
    });
  }

  /** @param write calls `next` before each part. */
  #group(open: string, close: string, write: (next: () => void) => void): void {
    let isEmpty = true;
    this.text += open;
    write(() => {
      if (!isEmpty) this.text += ",";
      isEmpty = false;
      this.#line(this.#above.size);
    });
    if (!isEmpty) this.#line(this.#above.size - 1);
    this.text += close;
  }

  #line(level: number): void {
    if (this.#indent === 0) return;
    const line = `\n${" ".repeat(this.#indent * level)}`;
    this.#blanks += line.length;
    this.text += line;
  }
}

function quote(text: string): string {
  const quoted = JSON.stringify(text);
  return OBEYED.test(quoted) ? quoted.replaceAll(ALL_OBEYED, escape) : quoted;
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
