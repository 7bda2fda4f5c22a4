import { NOTHING, type Operation } from "./message.ts";

/** What can be declared about a map, one bit each. */
export const Flag = { open: 1, persistent: 2 } as const;

/** A write of this copy that the main thread has not ordered yet; without a number it is not sent. */
export interface PendingWrite {
  number: number | undefined;
  operation: Operation;
}

/** A key with such writes: what it holds without them, whose that was, and the writes in their order. */
export interface Pending {
  base: unknown;
  writer: string | undefined;
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

  /** Puts what lies over `base` where it is read. */
  settle(key: string, pending: Pending): void {
    if (pending.writes.length === 0) this.pending.delete(key);
    this.put(
      key,
      pending.writes.reduce((value, { operation }) => apply(value, operation), pending.base),
    );
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
