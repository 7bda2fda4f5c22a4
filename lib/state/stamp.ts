/**
 * When a write was made, as far as order matters: a Lamport stamp. Of two writes to one key the one with the
 * greater stamp wins, everywhere.
 */
export interface Stamp {
  /** Greater than that of every write its writer had seen. */
  counter: number;
  /** The copy that wrote. */
  writer: string;
}

/** Whether a write stamped `a` wins over one stamped `b`; there is no tie, since a writer never reuses a counter. */
export function wins(a: Stamp, b: Stamp | undefined): boolean {
  if (b === undefined) return true;
  return a.counter === b.counter ? a.writer > b.writer : a.counter > b.counter;
}
