/**
 * When a write happened, in Lamport's sense: a write made by someone who has seen another has the larger counter. All
 * that a copy writes in one turn of the event loop shares a stamp.
 */
export interface Stamp {
  /** Counts up from 1; 0 is before every write. */
  readonly counter: number;
  /** The copy that wrote, see {@linkcode writerOf}. */
  readonly writer: string;
}

/** The stamp of what was never written: earlier than every other. */
export const ORIGIN: Stamp = Object.freeze({ counter: 0, writer: "" });

/** Whether the write `counter`, `writer` is later than `other`. The order is total: the writer decides between equal counters. */
export function isLater(counter: number, writer: string, other: Stamp): boolean {
  return counter === other.counter ? writer > other.writer : counter > other.counter;
}

/** The name under which a copy writes: a thread that comes back under its old name is another writer. */
export function writerOf(thread: string, incarnation: string): string {
  return `${thread}#${incarnation}`;
}

/** The thread of a writer. */
export function threadOf(writer: string): string {
  return writer.slice(0, Math.max(0, writer.lastIndexOf("#")));
}

/** No counter is larger: far beyond what can be reached by writing, and far below what numbers can hold. */
const LARGEST_COUNTER = 2 ** 52;

/** Whether this can be a Lamport counter. */
export function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 &&
    (value as number) <= LARGEST_COUNTER;
}
