/**
 * The messages of the public state, as JSON text. On a port between the main thread and one copy: welcome, snapshot,
 * missed batches and wait; writes, questions and leave. On the channel, from the main thread to all: batches and heartbeats.
 *
 * @module
 */
import { FormatError } from "./value_kinds.ts";
import { LIMITS } from "./meter.ts";
import { decodeValue, encodeValue } from "./value.ts";

/** What a message begins with. What follows it stands beside each. */
export const Type = {
  /** The copy's number, the main thread's name, the channel's name. */
  welcome: 1,
  /** 1 for the last piece; the number of the last batch; that of the batch after which it was begun; writers; maps. */
  snapshot: 2,
  /** Number, writers, maps. */
  batch: 3,
  /** The number of the last batch. */
  heartbeat: 4,
  /** The number of the last batch that is in. */
  missed: 5,
  /** Number, maps. */
  write: 6,
  leave: 7,
  /** For how long it is to send no more writes, ms. */
  wait: 8,
} as const;

/** Stands for the value of a key that is not there. */
export const NOTHING: unique symbol = Symbol("nothing");

/** What is done to a key. */
export interface Operation {
  /** What it holds from then on, {@linkcode NOTHING} to delete it; undefined for an increment. */
  readonly value?: unknown;
  /** The value's text, where it is known already. */
  readonly text?: string | undefined;
  /** What is added. */
  readonly by?: number;
}

/** What was written in one map. */
export interface MapRows<R> {
  readonly path: string;
  /** The map's flags, one bit each. */
  readonly flags: number;
  readonly rows: Iterable<R>;
}

/** A write as its thread sends it. */
export interface Write {
  readonly key: string;
  readonly operation: Operation;
}

/** A write as the main thread has ordered it. */
export interface Ordered {
  readonly key: string;
  /** Who wrote: the place among the batch's writers, counted from 1; 0 for the main thread. */
  readonly writer: number;
  /** What the key holds from then on. */
  readonly value: unknown;
}

/** How many messages of a writer the state contains. */
export interface WriterProgress {
  /** The copy's number. */
  readonly id: number;
  readonly thread: string;
  /** The number of its last message that was applied. */
  readonly number: number;
}

/** What changed in one step of the state, or a piece of a snapshot. */
export interface Batch {
  readonly writers: readonly WriterProgress[];
  readonly maps: readonly MapRows<Ordered>[];
}

/** Characters after which a message ends, and another begins. */
const PIECE = 262_144;

/** A message's text. @param maps the text of its last part, of {@linkcode packRows}. */
export function writeMessage(parts: readonly unknown[], maps?: string): string {
  const text = JSON.stringify(parts);
  return maps === undefined ? text : `${text.slice(0, -1)},${maps}]`;
}

/** The text of a row with a write. */
export function writeRow(key: string, operation: Operation): string {
  const { by } = operation;
  return by === undefined ? row([key], operation) : JSON.stringify([key, 0, by]);
}

/** The text of a row with a write that was ordered, see {@linkcode Ordered}. */
export function orderedRow(key: string, writer: number, operation: Operation): string {
  return row([key, writer], operation);
}

function row(head: [key: string, writer?: number], { value, text }: Operation): string {
  return writeMessage(head, value === NOTHING ? undefined : text ?? encodeValue(value, head[0]));
}

/** Puts the texts of rows together to that of maps, in pieces. There is one at least. */
export function* packRows(
  maps: Iterable<MapRows<string>>,
): Generator<{ text: string; isLast: boolean }> {
  const done: string[] = [];
  let size = 0;
  const piece = (isLast: boolean) => {
    size = 0;
    return { text: `[${done.splice(0).join()}]`, isLast };
  };
  for (const { path, flags, rows } of maps) {
    const texts: string[] = [];
    const end = () => done.push(writeMessage([path, flags], `[${texts.splice(0).join()}]`));
    size += path.length;
    for (const row of rows) {
      texts.push(row);
      size += row.length;
      if (size < PIECE) continue;
      end();
      yield piece(false);
    }
    end();
    if (size >= PIECE) yield piece(false);
  }
  yield piece(true);
}

/**
 * The parts of a message.
 *
 * @throws {FormatError} when the data is no message.
 */
export function readMessage(data: unknown, limit = Infinity): unknown[] {
  if (typeof data !== "string") throw new FormatError("it is no text");
  if (data.length > limit) throw new FormatError(`it has ${data.length} characters`);
  try {
    return list(JSON.parse(data));
  } catch {
    throw new FormatError("it is not a list in JSON");
  }
}

/**
 * Reads the maps of a thread's writes.
 *
 * @throws {FormatError} when the JSON is no writes.
 */
export function readWrites(maps: unknown): MapRows<Write>[] {
  return readMaps(maps, (row) => {
    const [key, json, by] = row;
    const operation = row.length === 1
      ? { value: NOTHING }
      : row.length === 2
      ? { text: JSON.stringify(json), value: decodeValue(json) }
      : { by: whole(by) };
    return { key: name(key), operation };
  });
}

/**
 * Reads the writers and the maps of a batch.
 *
 * @throws {FormatError} when the JSON is no batch.
 */
export function readBatch(writers: unknown, maps: unknown): Batch {
  return {
    writers: list(writers).map((writer) => {
      const [id, thread, number] = list(writer);
      return { id: whole(id), thread: name(thread), number: whole(number) };
    }),
    maps: readMaps(maps, (row) => {
      const [key, writer, json] = row;
      const value = row.length === 2 ? NOTHING : decodeValue(json);
      return { key: name(key), writer: whole(writer), value };
    }),
  };
}

function readMaps<R>(maps: unknown, readRow: (row: unknown[]) => R): MapRows<R>[] {
  return list(maps).map((map) => {
    const [path, flags, rows] = list(map);
    return {
      path: name(path),
      flags: whole(flags),
      rows: list(rows).map((row) => readRow(list(row))),
    };
  });
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : fail("a list");
}

/** A whole number. @throws {FormatError} when it is none. */
export function whole(value: unknown): number {
  return Number.isSafeInteger(value) ? value as number : fail("a whole number");
}

/** A name: of a key, a map, a thread. @throws {FormatError} when it is none. */
export function name(value: unknown): string {
  return typeof value === "string" && value.length <= LIMITS.key
    ? value
    : fail(`a name of at most ${LIMITS.key} characters`);
}

function fail(expected: string): never {
  throw new FormatError(`it holds something else in place of ${expected}`);
}
