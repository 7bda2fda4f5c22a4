import { type MapRows, NOTHING, type Operation, orderedRow } from "./message.ts";

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
  /** Whether {@linkcode base} has changed. */
  isChanged: boolean;
  /** In their order. */
  readonly writes: PendingWrite[];
}

/** One map: what is read, and under it what the writes on their way lie over. */
export class Table {
  /** See {@linkcode Flag}. */
  flags = 0;
  /** Whether this thread may write it; undefined until that is checked. */
  mayWrite: boolean | undefined;
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
      pending = { base: this.get(key), writer: undefined, isChanged: false, writes: [] };
      this.pending.set(key, pending);
    }
    const last = pending.writes.at(-1);
    if (last && last.number === undefined) last.operation = merge(last.operation, operation);
    else pending.writes.push({ number: undefined, operation });
    this.put(key, apply(this.get(key), operation));
  }

  /** Takes away the writes up to a number, which are in, and calls `onChange` for each key of which something changed. */
  settle(
    number: number,
    onChange: (key: string, old: unknown, writer: string | undefined) => void,
  ): void {
    for (const [key, pending] of this.pending) {
      const { writes, base, writer } = pending;
      const isIn = ({ number: own }: PendingWrite) => own !== undefined && own <= number;
      if (!pending.isChanged && !isIn(writes[0]!)) continue;
      while (writes.length > 0 && isIn(writes[0]!)) writes.shift();
      pending.isChanged = false;
      if (writes.length === 0) this.pending.delete(key);
      const old = this.get(key);
      this.put(key, writes.reduce((value, { operation }) => apply(value, operation), base));
      onChange(key, old, writer);
    }
  }
}

/** The keys that were written since the last batch, by map; each with its author, and its value's text where that is known. */
export class Unsent<A> {
  readonly #tables = new Map<
    Table,
    Map<string, { author: A | undefined; text?: string | undefined }>
  >();

  /** Whether there are none, and no map was declared. */
  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  /** Those of a map, which is sent from now on. */
  of(table: Table): Map<string, { author: A | undefined; text?: string | undefined }> {
    let keys = this.#tables.get(table);
    if (!keys) this.#tables.set(table, keys = new Map());
    return keys;
  }

  /** What they hold now, as rows of a batch. @param writers the authors, in the batch's order. */
  *changes(writers: readonly A[]): Generator<MapRows<string>> {
    const places = new Map(writers.map((writer, i) => [writer, i + 1]));
    for (const [table, keys] of this.#tables) {
      const rows = keys.entries().map(([key, { author, text }]) =>
        orderedRow(key, author ? places.get(author)! : 0, { value: table.get(key), text })
      );
      yield { path: table.path, flags: table.flags, rows };
    }
  }

  /** All are sent. */
  clear(): void {
    this.#tables.clear();
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
