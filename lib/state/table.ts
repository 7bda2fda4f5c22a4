import { NOTHING, type Operation } from "./message.ts";

/** What can be declared about a map, one bit each. */
export const Flag = { open: 1, persistent: 2 } as const;

/** A write of this copy that the main thread has not ordered yet; without a number it is not sent. */
export interface PendingWrite {
  number: number | undefined;
  operation: Operation;
}

/** A key with such writes. */
export interface Pending {
  /** What it holds without them, and whose that was where it was heard since. */
  base: unknown;
  writer: string | undefined;
  /** In their order. */
  readonly writes: PendingWrite[];
}

/** One map: what is read, and under it what the writes on their way lie over. */
export class Table {
  /** See {@linkcode Flag}. */
  flags = 0;
  /** What is read. */
  values: Map<string, unknown> = new Map();
  /** The keys with writes on their way; those of a copy alone. */
  readonly pending: Map<string, Pending> = new Map();

  constructor(readonly path: string) {}

  /** What a key holds; {@linkcode NOTHING} where it is not there. */
  get(key: string): unknown {
    const value = this.values.get(key);
    return value !== undefined || this.values.has(key) ? value : NOTHING;
  }

  /** Puts a value, or takes it away. */
  put(key: string, value: unknown): void {
    if (value === NOTHING) this.values.delete(key);
    else this.values.set(key, value);
  }

  /** Notes a write that is on its way. One that is not sent yet takes the next one of its key into itself. */
  overlay(key: string, operation: Operation): void {
    let pending = this.pending.get(key);
    if (!pending) {
      pending = { base: this.get(key), writer: undefined, writes: [] };
      this.pending.set(key, pending);
    }
    const last = pending.writes.at(-1);
    if (last && last.number === undefined) last.operation = merge(last.operation, operation);
    else pending.writes.push({ number: undefined, operation });
    this.put(key, apply(this.get(key), operation));
  }

  /** Takes away the writes up to a number, which are in, and calls `onSettled` with what each key held before. */
  settle(
    number: number,
    onSettled: (key: string, old: unknown, writer: string | undefined) => void,
  ): void {
    const isIn = ({ number: own }: PendingWrite) => own !== undefined && own <= number;
    for (const [key, { writes, base, writer }] of this.pending) {
      while (writes.length > 0 && isIn(writes[0]!)) writes.shift();
      if (writes.length === 0) this.pending.delete(key);
      const old = this.get(key);
      this.put(key, writes.reduce((value, { operation }) => apply(value, operation), base));
      onSettled(key, old, writer);
    }
  }
}

/** What is to be sent: the maps with the keys that were written, each with what is known of its write. */
export class Unsent<W> extends Map<Table, Map<string, W>> {
  /** The keys of a map, which is sent from now on even where there are none: with what was declared. */
  of(table: Table): Map<string, W> {
    let keys = this.get(table);
    if (!keys) this.set(table, keys = new Map());
    return keys;
  }
}

/** What a key holds after an operation. */
export function apply(value: unknown, { by, value: next }: Operation): unknown {
  if (by === undefined) return next;
  return (typeof value === "number" ? value : 0) + by;
}

/** Two operations as one. */
function merge(first: Operation, second: Operation): Operation {
  if (second.by === undefined) return second;
  return first.by === undefined
    ? { value: apply(first.value, second) }
    : { by: first.by + second.by };
}
