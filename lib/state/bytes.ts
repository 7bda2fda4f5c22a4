/** Thrown when bytes are not what they should be. */
export class FormatError extends Error {}

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const { fromCharCode } = String;
const apply: (run: typeof fromCharCode, self: null, codes: Uint8Array | Uint16Array) => string =
  Reflect.apply as never;

/** Text longer than this is decoded in pieces: a call takes a limited number of arguments. */
const PIECE = 4_096;

/** Writes numbers and text into bytes that grow. */
export class ByteWriter {
  /** How many bytes have been written. */
  length = 0;
  #bytes = new Uint8Array(64);

  /** Writes one byte. */
  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  /** Writes a whole number from 0 to 2^53 - 1, 7 bits a byte. */
  uint(value: number): void {
    while (value >= 0x80) {
      this.byte(value % 0x80 | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  /** Writes a number as 8 bytes. */
  float(value: number): void {
    float[0] = value;
    this.raw(floatBytes);
  }

  /** Writes text: a byte a character where each is below 256, else two. Lone surrogates are kept. */
  text(text: string): void {
    const { length } = text;
    this.uint(length * 2);
    if (this.length + length > this.#bytes.length) this.#grow(length);
    const bytes = this.#bytes;
    let at = this.length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0xFF) return this.#wideText(text);
      bytes[at++] = code;
    }
    this.length = at;
  }

  /** Writes bytes as they are, without their length. */
  raw(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A copy of what was written from `from` on. */
  slice(from = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(from, this.length);
  }

  /** Takes back what was written after `length` bytes. */
  cut(length: number): void {
    this.length = length;
  }

  #wideText(text: string): void {
    this.length -= varintLength(text.length * 2);
    this.uint(text.length * 2 + 1);
    if (this.length + 2 * text.length > this.#bytes.length) this.#grow(2 * text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      this.#bytes[this.length++] = code & 0xFF;
      this.#bytes[this.length++] = code >> 8;
    }
  }

  #grow(more: number): void {
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what {@linkcode ByteWriter} wrote. Every method throws a {@linkcode FormatError} at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  /** A copy of the bytes that were read since it stood at `at`. */
  since(at: number): Uint8Array {
    return this.#bytes.slice(at, this.#at);
  }

  /** Reads one byte. */
  byte(): number {
    if (this.#at >= this.#bytes.length) throw new FormatError("it ends too early");
    return this.#bytes[this.#at++]!;
  }

  /** Reads a whole number. */
  uint(): number {
    let value = 0;
    for (let unit = 1; unit < 2 ** 53; unit *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7F) * unit;
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw new FormatError("a number is too large");
  }

  /** Reads a number of 8 bytes. */
  float(): number {
    floatBytes.set(this.raw(8));
    return float[0]!;
  }

  /** Reads text of at most `limit` characters. */
  text(limit = Infinity): string {
    const head = this.uint();
    const length = Math.floor(head / 2);
    if (length > limit) throw new FormatError("a text is too long");
    const bytes = this.raw(head % 2 === 0 ? length : 2 * length);
    const codes = head % 2 === 0 ? bytes : new Uint16Array(bytes.slice().buffer);
    if (length <= PIECE) return apply(fromCharCode, null, codes);
    let text = "";
    for (let at = 0; at < length; at += PIECE) {
      text += apply(fromCharCode, null, codes.subarray(at, at + PIECE));
    }
    return text;
  }

  /** Reads bytes; they lie in those that are read. */
  raw(length: number): Uint8Array {
    if (length > this.left) throw new FormatError("it ends too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (; value >= 0x80; value = Math.floor(value / 0x80)) length++;
  return length;
}
