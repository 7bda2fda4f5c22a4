import type { Entry } from "./message.ts";
import { type Stamp, wins } from "./stamp.ts";

/** How a map writes: the state stamps the write and tells the other copies. */
export type WriteEntry = (path: string, key: string, value: unknown) => void;

/**
 * One map of the public state, with the manners of a `Map`. Reading is local, and one reads one's own
 * writes at once. Values are copied when they are set; treat what is read as read-only.
 */
export class ReplicatedMap<K extends string = string, V = unknown> implements ReadonlyMap<K, V> {
  readonly #values = new Map<K, V>();
  readonly #stamps = new Map<string, Stamp>();
  readonly #write: WriteEntry;

  /** Maps are made by {@linkcode PublicState.map}. */
  constructor(readonly path: string, write: WriteEntry) {
    this.#write = write;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#values.size;
  }

  /** The value of `key`; undefined when there is none. */
  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** Whether `key` has a value. */
  has(key: K): boolean {
    return this.#values.has(key);
  }

  /**
   * Sets a value, here at once and everywhere else soon.
   *
   * @throws {TypeError} when this thread may not write the map, or the value cannot be cloned.
   */
  set(key: K, value: V): this {
    this.#write(this.path, key, value);
    return this;
  }

  /**
   * Deletes a key, and returns whether it was there.
   *
   * @throws {TypeError} when this thread may not write the map.
   */
  delete(key: K): boolean {
    const had = this.#values.has(key);
    if (had) this.#write(this.path, key, undefined);
    return had;
  }

  /** The keys and their values. */
  entries(): MapIterator<[K, V]> {
    return this.#values.entries();
  }

  /** The keys. */
  keys(): MapIterator<K> {
    return this.#values.keys();
  }

  /** The values. */
  values(): MapIterator<V> {
    return this.#values.values();
  }

  /** The keys and their values. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  /** Calls `callback` for each key. */
  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** Takes a write, from here or elsewhere, if it wins over what is held. For the state's own use. */
  merge({ key, stamp, value }: Entry): void {
    if (!wins(stamp, this.#stamps.get(key))) return;
    this.#stamps.set(key, stamp);
    if (value === undefined) this.#values.delete(key as K);
    else this.#values.set(key as K, value as V);
  }

  /** All that is held, tombstones included. For the state's own use. */
  *held(): Generator<Entry> {
    for (const [key, stamp] of this.#stamps) {
      const value = this.#values.get(key as K);
      yield { path: this.path, key, stamp, ...(value === undefined ? {} : { value }) };
    }
  }
}
