import { isLater, ORIGIN, type Stamp } from "./stamp.ts";
import { NOTHING, type Run, Tally } from "./tally.ts";

/** What the owner of a map has declared about it; a flag, once raised, stays. */
export type Flag = "open" | "persistent";

/**
 * One map of the state as a copy holds it: every write is merged here, and the later stamp wins.
 *
 * Values and stamps lie in columns, a slot for each key: an object a key would take half as much memory again.
 */
export class Table {
  /** What was deleted, kept so that an earlier write that arrives late does not bring it back. */
  readonly tombstones: Map<string, Stamp> = new Map();
  /** The keys that are incremented. */
  readonly tallies: Map<string, Tally> = new Map();
  /** What was declared, and by which write. */
  readonly flags: Map<Flag, Stamp> = new Map();
  /** What this copy wrote and has not sent. */
  readonly unsent: Set<string> = new Set();
  readonly #slots = new Map<string, number>();
  readonly #values: unknown[] = [];
  readonly #counters: number[] = [];
  readonly #writers: string[] = [];
  readonly #free: number[] = [];

  constructor(readonly path: string) {}

  /** How many keys live. */
  get size(): number {
    return this.#slots.size;
  }

  /** Whether a key lives. */
  has(key: string): boolean {
    return this.#slots.has(key);
  }

  /** The value of a key. */
  get(key: string): unknown {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  /** The keys that live. */
  keys(): MapIterator<string> {
    return this.#slots.keys();
  }

  /** The keys that live and their values. */
  *entries(): Generator<[string, unknown], undefined> {
    for (const [key, slot] of this.#slots) yield [key, this.#values[slot]];
  }

  /** The stamp of the latest `set` or `delete` of a key. */
  stampOf(key: string): Stamp {
    const slot = this.#slots.get(key);
    if (slot === undefined) return this.tombstones.get(key) ?? ORIGIN;
    return { counter: this.#counters[slot]!, writer: this.#writers[slot]! };
  }

  /** Whether a `set` or `delete` with this stamp is later than the latest that is known. */
  isNews(key: string, { counter, writer }: Stamp): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return isLater(counter, writer, this.tombstones.get(key) ?? ORIGIN);
    const known = this.#counters[slot]!;
    return counter === known ? writer > this.#writers[slot]! : counter > known;
  }

  /** Sets a key. */
  put(key: string, value: unknown, stamp: Stamp): void {
    const tally = this.#rebase(key, value, stamp);
    this.#fill(key, tally ? tally.value : value, stamp);
  }

  /** Deletes a key, and remembers that; increments that began later than that stay. */
  remove(key: string, stamp: Stamp): void {
    const tally = this.#rebase(key, NOTHING, stamp);
    if (tally) return this.#fill(key, tally.value, stamp);
    this.#empty(key);
    this.tombstones.set(key, stamp);
  }

  /** Takes a writer's run of increments; false when it is out of date. */
  add(key: string, run: Run): boolean {
    const stamp = this.stampOf(key);
    if (!isLater(run.start, run.writer, stamp)) return false;
    let tally = this.tallies.get(key);
    if (!tally) {
      tally = new Tally(this.has(key) ? this.get(key) : NOTHING);
      this.tallies.set(key, tally);
    }
    if (!tally.put(run)) return false;
    this.#fill(key, tally.value, stamp);
    return true;
  }

  /** Raises a flag. */
  raise(flag: Flag, stamp: Stamp): void {
    if (!this.flags.has(flag)) this.flags.set(flag, stamp);
  }

  /** Drops what nobody needs any more: tombstones that everybody has seen, and who it was that counted. */
  collect(floor: number, isForgotten: (writer: string) => boolean): void {
    for (const [key, { counter }] of this.tombstones) {
      if (counter <= floor) this.tombstones.delete(key);
    }
    for (const tally of this.tallies.values()) tally.fold(isForgotten);
  }

  /** Forgets everything. */
  clear(): void {
    this.#slots.clear();
    for (const column of [this.#values, this.#counters, this.#writers, this.#free]) {
      column.length = 0;
    }
    this.tombstones.clear();
    this.tallies.clear();
    this.flags.clear();
    this.unsent.clear();
  }

  /** The tally of a key under a new base; none when no run began later. */
  #rebase(key: string, base: unknown, stamp: Stamp): Tally | undefined {
    const tally = this.tallies.size === 0 ? undefined : this.tallies.get(key);
    if (!tally) return undefined;
    tally.base = base;
    tally.endBefore(stamp);
    if (tally.runs.length > 0) return tally;
    this.tallies.delete(key);
    return undefined;
  }

  #fill(key: string, value: unknown, { counter, writer }: Stamp): void {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#values.length;
      this.#slots.set(key, slot);
      if (this.tombstones.size > 0) this.tombstones.delete(key);
    }
    this.#values[slot] = value;
    this.#counters[slot] = counter;
    this.#writers[slot] = writer;
  }

  #empty(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#values[slot] = undefined;
    this.#free.push(slot);
  }
}
