import { type Change, type Changes, watch } from "./changes.ts";
import { NOTHING, type Operation } from "./message.ts";
import { LIMITS } from "./meter.ts";
import type { Table } from "./table.ts";
import { decodeValue, encodeValue, isSimple } from "./value.ts";

/** What a {@linkcode ReplicatedMap} needs of the state that it is part of. */
export interface MapHost {
  readonly changes: Changes;
  readonly ready: Promise<void>;
  /** Throws when this thread may not write the map. */
  checkRight(table: Table): void;
  /** Carries out a write here and sends it. */
  write(table: Table, key: string, operation: Operation): void;
}

/**
 * Looks at a value before it is set: it returns the value to store, or throws to refuse. For schemas.
 *
 * @param value what is to be set; of an increment, the sum.
 */
export type ValueCheck<V> = (value: unknown, key: string) => V;

/**
 * A map that every thread holds in full, with the methods of a `Map`. Reading is local; a write is visible here immediately,
 * and everywhere else soon after. The main thread orders the writes: of two to a key the later one wins everywhere.
 *
 * Values are copied and frozen as they are set: to change one, set a new value.
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

  /** Its path in the state, such as `Daemons.disk_watch.Drives`. */
  get path(): string {
    return this.#table.path;
  }

  /** Resolves once this copy has the state of the main thread. */
  get ready(): Promise<void> {
    return this.#host.ready;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#table.values.size;
  }

  /** The value of a key, frozen; undefined when there is none. */
  get(key: K): V | undefined {
    return this.#table.values.get(key) as V | undefined;
  }

  /** Whether the key is there. */
  has(key: K): boolean {
    return this.#table.values.has(key);
  }

  /**
   * Sets a value: here immediately, in other threads soon after.
   *
   * @throws {TypeError} when a part of the value cannot be carried, or it is beyond the limits (docs/state.md); it names
   * the part. The map does not change.
   * @throws {Error} when this thread may not write the map, or the state is closed; and what the map's check throws.
   */
  set(key: K, value: V): this {
    this.#host.checkRight(this.#table);
    checkKey(this.path, key);
    const checked = this.#check ? this.#check(value, key) : value;
    this.#host.write(this.#table, key, own(checked, `${this.path}.${key}`));
    return this;
  }

  /**
   * Deletes a key; false when it was not there.
   *
   * @throws {Error} when this thread may not write the map, or the state is closed.
   */
  delete(key: K): boolean {
    this.#host.checkRight(this.#table);
    if (!this.has(key)) return false;
    this.#host.write(this.#table, key, { value: NOTHING });
    return true;
  }

  /**
   * Deletes every key that is there now.
   *
   * @throws {Error} when this thread may not write the map, or the state is closed.
   */
  clear(): void {
    this.#host.checkRight(this.#table);
    for (const key of [...this.keys()]) this.delete(key);
  }

  /**
   * Adds `by`, a whole number, to the number that the key holds, or to 0, and returns the sum as far as it is known here.
   * Concurrent increments of several threads all count.
   *
   * @throws {TypeError} when the key holds something other than a number, or `by` is not a whole number.
   * @throws {Error} as {@linkcode set}.
   */
  increment(key: K, by = 1): number {
    this.#host.checkRight(this.#table);
    checkKey(this.path, key);
    const value = this.get(key) ?? 0;
    if (typeof value !== "number") {
      throw new TypeError(`Cannot increment ${this.path}.${key}: it holds no number`);
    }
    if (!isCountable(value, by)) {
      throw new TypeError(
        `Cannot increment ${this.path}.${key} by ${
          String(by)
        }: use a whole number whose sum stays below 2^53`,
      );
    }
    this.#check?.(value + by, key);
    this.#host.write(this.#table, key, { by });
    return this.get(key) as number;
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
    return this.#table.values.entries() as MapIterator<[K, V]>;
  }

  /** The keys. */
  keys(): MapIterator<K> {
    return this.#table.values.keys() as MapIterator<K>;
  }

  /** The values. */
  values(): MapIterator<V> {
    return this.#table.values.values() as MapIterator<V>;
  }

  /** The keys and their values. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  /** Calls `callback` for each key. */
  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** Calls `listener` with each change from now on, wherever it was made. Returns an unsubscribe function. */
  onChange(listener: (change: Change<K, V>) => void): () => void {
    return this.#host.changes.listen(this.path, listener as (change: Change) => void);
  }

  /**
   * The changes from now on, until `signal` is aborted or the loop is left. A reader that is behind gets the changes of
   * one key as one.
   */
  changes(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<Change<K, V>> {
    return watch(this.#host.changes, this.path, options.signal) as AsyncIterableIterator<
      Change<K, V>
    >;
  }
}

/** Whether `by` can be added to a number. */
export function isCountable(value: number, by: number): boolean {
  return Number.isSafeInteger(by) && Number.isSafeInteger(Math.trunc(value + by));
}

/** A value of this thread's own, checked, copied and frozen. */
function own(value: unknown, place: string): Operation {
  if (isSimple(value)) return { value };
  const text = encodeValue(value, place);
  return { value: decodeValue(JSON.parse(text)), text };
}

function checkKey(path: string, key: unknown): void {
  if (typeof key !== "string") {
    throw new TypeError(
      `Cannot write ${path}: a key is a string, and this one is of type ${typeof key}`,
    );
  }
  if (key.length > LIMITS.key) {
    throw new TypeError(
      `Cannot write ${path}: a key has at most ${LIMITS.key} characters, and not ${key.length}`,
    );
  }
}
