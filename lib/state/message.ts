/**
 * The messages of the public state, as bytes. On a port between the main thread and one copy: welcome, snapshot and
 * missed batches; writes, questions and leave. On the channel, from the main thread to all: sealed batches and
 * heartbeats.
 *
 * @module
 */
import { ByteReader, ByteWriter, FormatError } from "./bytes.ts";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import { LIMITS } from "./meter.ts";

/** The first byte of a message. */
export const Type = {
  welcome: 1,
  snapshot: 2,
  batch: 3,
  heartbeat: 4,
  missed: 5,
  write: 6,
  leave: 7,
} as const;

/** Stands for the value of a key that is not there. */
export const NOTHING: unique symbol = Symbol("nothing");

/** What is done to a key. */
export type Operation = {
  /** What it holds from then on, {@linkcode NOTHING} to delete it; undefined for an increment. */
  readonly value?: unknown;
  /** The value's bytes, where they are known already. */
  readonly bytes?: Uint8Array | undefined;
  /** What is added. */
  readonly by?: number;
};

/** What was written in one map. */
export interface MapRows<R> {
  readonly path: string;
  /** The map's flags, one bit each. */
  readonly flags: number;
  readonly rows: readonly R[];
}

/** A write as its thread sends it. */
export interface Write {
  readonly key: string;
  readonly operation: Operation;
}

/** A write as the main thread has ordered it: what the key holds, and whose write it was. */
export interface Ordered {
  readonly key: string;
  readonly writer: number;
  readonly value: unknown;
}

/** How many messages of a writer the state contains. */
export interface Progress {
  readonly writer: number;
  readonly thread: string;
  /** The number of its last message that was applied; 0 for the main thread. */
  readonly number: number;
}

/** What changed in one step of the state, or a piece of a snapshot. */
export interface Batch {
  /** The writers of these rows. */
  readonly writers: readonly Progress[];
  readonly maps: readonly MapRows<Ordered>[];
}

/** The first byte of a row; `end` ends those of a map. */
const Row = { end: 0, set: 1, delete: 2, add: 3, subtract: 4 } as const;

/** Begins a message. */
export function begin(type: number, ...numbers: number[]): ByteWriter {
  const out = new ByteWriter();
  out.byte(type);
  for (const number of numbers) out.uint(number);
  return out;
}

/** Adds the head of a map; its rows and {@linkcode endMap} follow. */
export function beginMap(out: ByteWriter, { path, flags }: { path: string; flags: number }): void {
  out.text(path);
  out.byte(flags);
}

/** Ends the rows of a map. */
export function endMap(out: ByteWriter): void {
  out.byte(Row.end);
}

/** Adds a write. */
export function addWrite(out: ByteWriter, key: string, operation: Operation): void {
  const { by } = operation;
  if (by === undefined) return addSet(out, key, operation);
  out.byte(by < 0 ? Row.subtract : Row.add);
  out.text(key);
  out.uint(Math.abs(by));
}

/** Adds a write that was ordered. */
export function addOrdered(
  out: ByteWriter,
  key: string,
  writer: number,
  operation: Operation,
): void {
  addSet(out, key, operation, writer);
}

function addSet(out: ByteWriter, key: string, operation: Operation, writer?: number): void {
  const { value, bytes } = operation;
  out.byte(value === NOTHING ? Row.delete : Row.set);
  out.text(key);
  if (writer !== undefined) out.uint(writer);
  if (value === NOTHING) return;
  if (bytes) out.raw(bytes);
  else encodeValue(out, value, key);
}

/** Adds the writers of a batch. */
export function addWriters(out: ByteWriter, writers: readonly Progress[]): void {
  out.uint(writers.length);
  for (const { writer, thread, number } of writers) {
    out.uint(writer);
    out.text(thread);
    out.uint(number);
  }
}

/**
 * Reads a thread's writes after their number.
 *
 * @throws {FormatError} when the bytes are no writes.
 */
export function readWrites(from: ByteReader): MapRows<Write>[] {
  return readMaps(from, (kind) => {
    const key = from.text(LIMITS.key);
    if (kind === Row.delete) return { key, operation: { value: NOTHING } };
    if (kind === Row.add || kind === Row.subtract) {
      const by = from.uint();
      return { key, operation: { by: kind === Row.add ? by : -by } };
    }
    if (kind !== Row.set) throw new FormatError(`no write is of the kind ${kind}`);
    const begin = from.at;
    const value = decodeValue(from);
    return { key, operation: { value, bytes: from.since(begin) } };
  });
}

/**
 * Reads a batch, or a piece of a snapshot, after its number.
 *
 * @throws {FormatError} when the bytes are no batch.
 */
export function readBatch(from: ByteReader): Batch {
  const writers: Progress[] = [];
  for (let left = from.uint(); left > 0; left--) {
    writers.push({ writer: from.uint(), thread: from.text(LIMITS.key), number: from.uint() });
  }
  const maps = readMaps(from, (kind) => {
    const key = from.text(LIMITS.key);
    const writer = from.uint();
    return { key, writer, value: kind === Row.set ? decodeValue(from) : NOTHING };
  });
  return { writers, maps };
}

function readMaps<R>(from: ByteReader, readRow: (kind: number) => R): MapRows<R>[] {
  const maps: MapRows<R>[] = [];
  while (from.left > 0) {
    const [path, flags] = [from.text(LIMITS.key), from.byte()];
    const rows: R[] = [];
    for (let kind = from.byte(); kind !== Row.end; kind = from.byte()) rows.push(readRow(kind));
    maps.push({ path, flags, rows });
  }
  return maps;
}

/** Seals what travels on the channel, and opens what is sealed with the same key. */
export class Seal {
  /** The 8 bytes of the key. */
  readonly key: Uint8Array;
  readonly #low: number;
  readonly #high: number;

  constructor(key: Uint8Array) {
    this.key = key;
    this.#low = word(key, 0);
    this.#high = word(key, 4);
  }

  /** The message behind its check value. */
  close(message: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(8 + message.length);
    sealed.set(message, 8);
    const [low, high] = check(sealed, 8, this.#low, this.#high);
    for (let i = 0; i < 4; i++) {
      sealed[i] = low >>> (8 * i);
      sealed[4 + i] = high >>> (8 * i);
    }
    return sealed;
  }

  /** What is in a sealed message; undefined when it was not sealed with this key. */
  open(sealed: Uint8Array): ByteReader | undefined {
    if (sealed.length < 9) return undefined;
    const [low, high] = check(sealed, 8, this.#low, this.#high);
    const isTrue = word(sealed, 0) === low && word(sealed, 4) === high;
    return isTrue ? new ByteReader(sealed, 8) : undefined;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

/**
 * HalfSipHash-2-4 with a check value of 64 bits (Aumasson and Bernstein, https://github.com/veorq/SipHash): short, and
 * without the key no check value of another message can be computed.
 */
function check(bytes: Uint8Array, from: number, low: number, high: number): [number, number] {
  let v0 = low, v1 = high ^ 0xEE, v2 = 0x6C796765 ^ low, v3 = 0x74656462 ^ high;
  const round = () => {
    v0 = v0 + v1 | 0;
    v1 = v1 << 5 | v1 >>> 27;
    v1 ^= v0;
    v0 = v0 << 16 | v0 >>> 16;
    v2 = v2 + v3 | 0;
    v3 = v3 << 8 | v3 >>> 24;
    v3 ^= v2;
    v0 = v0 + v3 | 0;
    v3 = v3 << 7 | v3 >>> 25;
    v3 ^= v0;
    v2 = v2 + v1 | 0;
    v1 = v1 << 13 | v1 >>> 19;
    v1 ^= v2;
    v2 = v2 << 16 | v2 >>> 16;
  };
  const end = bytes.length - (bytes.length - from) % 4;
  let last = (bytes.length - from) << 24;
  for (let at = from; at < end; at += 4) {
    const part = word(bytes, at);
    v3 ^= part;
    round();
    round();
    v0 ^= part;
  }
  for (let at = end; at < bytes.length; at++) last |= bytes[at]! << (8 * (at - end));
  v3 ^= last;
  round();
  round();
  v0 ^= last;
  v2 ^= 0xEE;
  for (let i = 0; i < 4; i++) round();
  const first = v1 ^ v3;
  v1 ^= 0xDD;
  for (let i = 0; i < 4; i++) round();
  return [first, v1 ^ v3];
}
