import type { Change, Changes } from "./change.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";
import { frozenCopy } from "./value.ts";
import { watch } from "./watch.ts";

/** What a {@linkcode ReplicatedMap} needs of the state that it is part of. */
export interface MapHost {
  readonly store: Store;
  readonly changes: Changes;
  readonly ready: Promise<void>;
  /** Throws when this thread may not write the map. */
  checkRight(table: Table): void;
  /** Called after each write. */
  wrote(): void;
}

/**
 * Looks at a value before it is set: it answers with the value to store, or throws to refuse. For schemas.
 *
 * @param value what is to be set; of an increment, the sum.
 */
export type ValueCheck<V> = (value: unknown, key: string) => V;

/**
 * A map that every thread holds in full, with the manners of a `Map`. Reading is local; a write is seen here at once,
 * and everywhere else soon after. Of two writes to a key the later one wins, on every copy the same.
 *
 * Values are copied and frozen as they are set: to change one, set it anew.
 *
 * @example
 * ```ts
 * const drives = state.map<string, number>("Daemons.disk_watch.Free");
 * drives.set("C:", 42);
 * for await (const { key, old, value } of drives.changes({ signal })) report(key, old, value);
 * ```
 */
export class ReplicatedMap<K extends string = string, V = unknown> implements ReadonlyMap<K, V> {
  readonly #host: MapHost;
  readonly #table: Table;
  readonly #check: ValueCheck<V> | undefined;

  /** Maps are made by {@linkcode PublicState.map}. */
  constructor(host: MapHost, table: Table, check?: ValueCheck<V>) {
    this.#host = host;
    this.#table = table;
    this.#check = check;
  }

  /** Where it stands in the state, such as `Daemons.disk_watch.Drives`. */
  get path(): string {
    return this.#table.path;
  }

  /** Resolves once this copy has the state of the others. */
  get ready(): Promise<void> {
    return this.#host.ready;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#table.size;
  }

  /** The value of a key, frozen; undefined when there is none. */
  get(key: K): V | undefined {
    return this.#table.get(key) as V | undefined;
  }

  /** Whether the key is there. */
  has(key: K): boolean {
    return this.#table.has(key);
  }

  /**
   * Sets a value, here at once and everywhere else soon.
   *
   * @throws {TypeError} when the value cannot be cloned; it names the part. The map stays as it was.
   * @throws {Error} when this thread may not write the map, or the state is closed; and what the map's check throws.
   */
  set(key: K, value: V): this {
    this.#host.checkRight(this.#table);
    checkKey(this.path, key);
    const checked = this.#check ? this.#check(value, key) : value;
    const copy = isScalar(checked) ? checked : frozenCopy(checked, `${this.path}.${key}`);
    this.#host.store.set(this.#table, key, copy);
    this.#host.wrote();
    return this;
  }

  /**
   * Deletes a key; false when it was not there.
   *
   * @throws {Error} when this thread may not write the map, or the state is closed.
   */
  delete(key: K): boolean {
    this.#host.checkRight(this.#table);
    if (!this.#table.has(key)) return false;
    this.#host.store.delete(this.#table, key);
    this.#host.wrote();
    return true;
  }

  /**
   * Deletes every key that is there now.
   *
   * @throws {Error} when this thread may not write the map, or the state is closed.
   */
  clear(): void {
    this.#host.checkRight(this.#table);
    for (const key of [...this.#table.keys()]) this.delete(key as K);
  }

  /**
   * Adds `by`, a whole number, to the number that the key holds, or to 0, and returns the sum. Increments by several
   * threads at once all count; a `set` or `delete` starts anew.
   *
   * @throws {TypeError} when the key holds something other than a number, or `by` is not a whole number.
   * @throws {Error} as {@linkcode set}.
   */
  increment(key: K, by = 1): number {
    this.#host.checkRight(this.#table);
    checkKey(this.path, key);
    const value = this.#table.get(key) ?? 0;
    if (typeof value !== "number") {
      throw new TypeError(`Cannot increment ${this.path}.${key}: it holds no number`);
    }
    if (!Number.isSafeInteger(by) || !Number.isSafeInteger(Math.trunc(value + by))) {
      throw new TypeError(
        `Cannot increment ${this.path}.${key} by ${
          String(by)
        }: use a whole number whose sum stays below 2^53`,
      );
    }
    this.#check?.(value + by, key);
    this.#host.store.increment(this.#table, key, by);
    this.#host.wrote();
    return this.#table.get(key) as number;
  }

  /**
   * Sets a key to what `change` makes of its value, and returns that. Concurrent updates do not add up: the later
   * one wins.
   *
   * @throws {Error} as {@linkcode set}, and what `change` throws.
   */
  update(key: K, change: (value: V | undefined) => V): V {
    this.#host.checkRight(this.#table);
    this.set(key, change(this.get(key)));
    return this.get(key) as V;
  }

  /** The keys and their values. */
  entries(): MapIterator<[K, V]> {
    return this.#table.entries() as MapIterator<[K, V]>;
  }

  /** The keys. */
  keys(): MapIterator<K> {
    return this.#table.keys() as MapIterator<K>;
  }

  /** The values. */
  *values(): Generator<V, undefined> {
    for (const [, value] of this.#table.entries()) yield value as V;
  }

  /** The keys and their values. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  /** Calls `callback` for each key. */
  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** Calls `listener` with each change from now on, wherever it was made; the answer stops that. */
  onChange(listener: (change: Change<K, V>) => void): () => void {
    return this.#host.changes.listen(this.path, listener as (change: Change) => void);
  }

  /**
   * The changes from now on, until `signal` is aborted or the loop is left. Who is behind gets the changes of one key
   * as one.
   */
  changes(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<Change<K, V>> {
    return watch(this.#host.changes, this.path, options.signal) as AsyncIterableIterator<
      Change<K, V>
    >;
  }
}

function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean" ||
    value === null;
}

function checkKey(path: string, key: unknown): void {
  if (typeof key !== "string") {
    throw new TypeError(`Cannot write ${path}: a key is a string, and not a ${typeof key}`);
  }
}
