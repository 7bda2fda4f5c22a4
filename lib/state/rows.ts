import { isCounter, type Stamp } from "./stamp.ts";
import type { Flag } from "./table.ts";

/**
 * Writes as they travel: one flat array, which structured clone handles quickest. A row is an operation and its items:
 *
 * - `PATH` path, `WRITER` writer, `COUNTER` counter: for the rows that follow; a path or writer that came before is
 *   named by its index
 * - `SET` n, then n times key, value
 * - `DELETE` n, then n times key
 * - `ADD` n, then n times key, start, total: a run of the writer's increments
 * - `FLAG` n, then n times flag
 */
export type Rows = unknown[];

const [PATH, WRITER, COUNTER, SET, DELETE, ADD, FLAG] = [0, 1, 2, 3, 4, 5, 6] as const;

/** Writes of one kind to one map with one stamp: the items at `from` and up to `to` of the rows. */
export interface Group {
  readonly path: string;
  readonly stamp: Stamp;
  readonly operation: "set" | "delete" | "add" | "flag";
  readonly from: number;
  readonly to: number;
}

/** How many items each operation takes. */
export const WIDTH = { set: 2, delete: 1, add: 3, flag: 1 } as const;

const OPERATIONS = new Map<unknown, Group["operation"]>([
  [SET, "set"],
  [DELETE, "delete"],
  [ADD, "add"],
  [FLAG, "flag"],
]);

/** Puts rows together. */
export class RowWriter {
  readonly rows: Rows = [];
  #names: Map<string, number> | undefined;
  #path: string | undefined;
  #counter: number;
  #writer: string;
  #operation: number | undefined;
  /** Where the number of the operation's items stands. */
  #count = 0;

  /** @param stamp the stamp of the first rows, which the reader knows */
  constructor(stamp: Stamp) {
    this.#counter = stamp.counter;
    this.#writer = stamp.writer;
  }

  /** Adds a `set`. */
  set(path: string, stamp: Stamp, key: string, value: unknown): void {
    this.#begin(SET, path, stamp);
    this.rows.push(key, value);
  }

  /** Adds a `delete`. */
  delete(path: string, stamp: Stamp, key: string): void {
    this.#begin(DELETE, path, stamp);
    this.rows.push(key);
  }

  /** Adds a run of increments; `stamp` is that of the latest. */
  add(path: string, stamp: Stamp, key: string, start: number, total: number): void {
    this.#begin(ADD, path, stamp);
    this.rows.push(key, start, total);
  }

  /** Adds a flag. */
  flag(path: string, stamp: Stamp, flag: Flag): void {
    this.#begin(FLAG, path, stamp);
    this.rows.push(flag);
  }

  #begin(operation: number, path: string, { counter, writer }: Stamp): void {
    if (path !== this.#path) this.#switch(PATH, this.#name(this.#path = path));
    if (writer !== this.#writer) this.#switch(WRITER, this.#name(this.#writer = writer));
    if (counter !== this.#counter) this.#switch(COUNTER, this.#counter = counter);
    if (operation !== this.#operation) {
      this.rows.push(this.#operation = operation, 0);
      this.#count = this.rows.length - 1;
    }
    (this.rows[this.#count] as number)++;
  }

  #switch(operation: number, item: unknown): void {
    this.rows.push(operation, item);
    this.#operation = undefined;
  }

  #name(name: string): string | number {
    this.#names ??= new Map();
    const index = this.#names.get(name);
    if (index !== undefined) return index;
    this.#names.set(name, this.#names.size);
    return name;
  }
}

/**
 * Reads rows that arrived; undefined where they are none, whole or in part.
 *
 * @param stamp the stamp of the first rows
 * @param start where they begin
 */
export function readRows(rows: unknown, stamp: Stamp, start = 0): Group[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  const groups: Group[] = [];
  const names: string[] = [];
  let path: string | undefined;
  for (let at = start; at < rows.length;) {
    const [head, item] = [rows[at], rows[at + 1]];
    at += 2;
    if (head === PATH || head === WRITER) {
      if (typeof item === "string") names.push(item);
      const name = typeof item === "string" ? item : names[item];
      if (name === undefined) return undefined;
      if (head === PATH) path = name;
      else stamp = { counter: stamp.counter, writer: name };
    } else if (head === COUNTER) {
      if (!isCounter(item)) return undefined;
      stamp = { counter: item, writer: stamp.writer };
    } else {
      const operation = OPERATIONS.get(head);
      if (!operation || path === undefined || !isCounter(item)) return undefined;
      const to = at + item * WIDTH[operation];
      if (to > rows.length || !areItems(operation, rows, at, to)) return undefined;
      groups.push({ path, stamp, operation, from: at, to });
      at = to;
    }
  }
  return groups;
}

function areItems(operation: Group["operation"], rows: Rows, from: number, to: number): boolean {
  for (let at = from; at < to; at += WIDTH[operation]) {
    if (typeof rows[at] !== "string") return false;
    if (operation === "add" && !isRun(rows[at + 1], rows[at + 2])) return false;
    if (operation === "flag" && rows[at] !== "open" && rows[at] !== "persistent") return false;
  }
  return true;
}

function isRun(start: unknown, total: unknown): boolean {
  return isCounter(start) && Number.isSafeInteger(total);
}
