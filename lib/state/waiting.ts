import { type MapRows, type Operation, writeRow } from "./message.ts";
import { type Table, Unsent } from "./table.ts";

/** Writes and declarations of a thread that wait to be sent: of each key the last one. */
export class WaitingWrites {
  /** Each key with the characters of its write. */
  readonly #unsent = new Unsent<number>();
  readonly #limit: number;
  #size = 0;

  /** @param limit characters of keys and values that may wait. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#unsent.size === 0;
  }

  /** Adds what a map declares. */
  declare(table: Table): void {
    this.#unsent.of(table);
  }

  /**
   * Adds a write; it replaces an earlier one to this key.
   *
   * @throws {Error} when too much waits already.
   */
  add(table: Table, key: string, { value, text }: Operation): void {
    const keys = this.#unsent.of(table);
    const size = key.length + (text ?? (typeof value === "string" ? value : "")).length;
    const waiting = this.#size + size - (keys.get(key) ?? 0);
    if (waiting > this.#limit) {
      throw new Error(
        `Cannot write ${table.path}.${key}: ${this.#limit} characters of writes wait to travel already`,
      );
    }
    this.#size = waiting;
    keys.set(key, size);
  }

  /** Takes them out, as rows of messages. @param number gives the number of the message that is being made. */
  *take(number: () => number): Generator<MapRows<string>> {
    for (const [table, keys] of this.#unsent) {
      const { path, flags } = table;
      yield { path, flags, rows: this.#takeRows(table, keys, number) };
      this.#unsent.delete(table);
    }
  }

  *#takeRows(
    table: Table,
    keys: Map<string, number>,
    number: () => number,
  ): Generator<string> {
    for (const [key, size] of keys) {
      keys.delete(key);
      this.#size -= size;
      const write = table.pending.get(key)!.writes.at(-1)!;
      write.number = number();
      yield writeRow(key, write.operation);
    }
  }
}
