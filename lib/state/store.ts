import type { Changes } from "./change.ts";
import { Knowledge } from "./knowledge.ts";
import { type Group, readRows, type Rows, RowWriter, WIDTH } from "./rows.ts";
import { isLater, ORIGIN, type Stamp, threadOf } from "./stamp.ts";
import { type Flag, Table } from "./table.ts";
import { NOTHING } from "./tally.ts";
import { freeze } from "./value.ts";

/** Writes that are ready to be sent: everything their writer wrote after `previous`, up to `counter`. */
export interface Batch {
  readonly previous: number;
  readonly counter: number;
  readonly rows: Rows;
}

/** What a {@linkcode Store} is made of. */
export interface StoreOptions {
  /** Who writes here; see {@linkcode Stamp}. */
  writer: string;
  mayWrite: (thread: string, path: string) => boolean;
  changes: Changes;
  onProblem: (problem: string) => void;
}

/** Whether a write is wanted; of a run of increments `start` is the first. */
type Wanted = (counter: number, writer: string, start?: number) => boolean;

/** A copy of the whole state: what is known, who wrote it, and what was written here and not yet sent. */
export class Store {
  readonly #options: StoreOptions;
  readonly #tables = new Map<string, Table>();
  readonly #unsent = new Set<Table>();
  #known = new Knowledge();
  #clock = 0;
  #wrote = 0;
  /** The stamp of the next writes, and the counter of the last. */
  #open: Stamp | undefined;
  #latest = 0;
  #isLoading = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Whose writes are known here, and up to where. */
  get known(): Knowledge {
    return this.#known;
  }

  /** The largest counter that was seen. */
  get clock(): number {
    return this.#clock;
  }

  /** The counter of the last batch. */
  get wrote(): number {
    return this.#wrote;
  }

  /** The maps that are known. */
  tables(): Iterable<Table> {
    return this.#tables.values();
  }

  /** The map under a path; it is made when it is not there. */
  table(path: string): Table {
    let table = this.#tables.get(path);
    if (!table) this.#tables.set(path, table = new Table(path));
    return table;
  }

  /** Writes a value. */
  set(table: Table, key: string, value: unknown): void {
    const old = table.get(key);
    const stamp = this.#stamp(table);
    table.put(key, value, stamp);
    this.#noteOwn(table, key, old);
  }

  /** Deletes a key. */
  delete(table: Table, key: string): void {
    const old = table.get(key);
    table.remove(key, this.#stamp(table));
    this.#noteOwn(table, key, old);
  }

  /** Adds to a counter. */
  increment(table: Table, key: string, by: number): void {
    const { counter, writer } = this.#stamp(table);
    // What was set in this very turn nobody else has counted on: it is set once more.
    const known = table.stampOf(key);
    if (known.counter === counter && known.writer === writer) {
      return this.set(table, key, (table.get(key) as number | undefined ?? 0) + by);
    }
    const { start, total } = table.tallies.get(key)?.find(writer) ?? { start: counter, total: 0 };
    this.#count(table, key, start, total + by);
  }

  /** Declares something about a map. */
  raise(table: Table, flag: Flag): void {
    if (table.flags.has(flag)) return;
    table.raise(flag, this.#stamp(table));
    this.#options.changes.noteFlag(table.path, flag);
  }

  /** The writes since the last batch, which are sent with this; undefined when there are none. */
  takeBatch(): Batch | undefined {
    if (this.#unsent.size === 0) return undefined;
    const { writer } = this.#options;
    const counter = this.#latest;
    const previous = this.#wrote;
    const rows = new RowWriter({ counter, writer });
    const isMine: Wanted = (c, w) => c > previous && w === writer;
    for (const table of this.#unsent) {
      writeTable(rows, table, table.unsent, isMine);
      table.unsent.clear();
    }
    this.#wrote = counter;
    this.#known.learn(writer, counter);
    this.#unsent.clear();
    this.#open = undefined;
    return { previous, counter, rows: rows.rows };
  }

  /** What is written from here on is later than what was written before, though they may be sent together. */
  seal(): void {
    this.#open = undefined;
  }

  /** What somebody who knows `since` does not have; everything for undefined. */
  rowsSince(since: Knowledge | undefined): Rows {
    return this.#rows(since ? (counter, writer) => counter > since.of(writer) : () => true);
  }

  /** What was written here after `counter`. */
  ownRowsSince(counter: number): Rows {
    const me = this.#options.writer;
    return this.#rows((c, writer) => writer === me && c > counter);
  }

  /** Merges what arrived, apart from what is known already and what its writer may not write. */
  merge(groups: Group[], rows: Rows): void {
    for (const group of groups) {
      const { counter, writer } = group.stamp;
      if (group.operation !== "flag" && this.#known.of(writer) >= counter) continue;
      this.#mergeGroup(group, rows);
    }
  }

  /** Notes that a writer's writes are known up to `counter`, and that there are none after `wrote` up to there. */
  learn(writer: string, counter: number, wrote = counter): void {
    this.#clock = Math.max(this.#clock, counter);
    this.#known.learn(writer, counter, wrote);
  }

  /** Notes that nothing was written here up to the clock, unless some of it waits to be sent; up to where that is so. */
  tell(): number {
    const { writer } = this.#options;
    if (this.#unsent.size === 0) this.learn(writer, this.#clock, this.#wrote);
    return this.#known.of(writer);
  }

  /** Notes what another copy knows of writers whose every write is known here. */
  keepUp(known: Knowledge): void {
    this.#clock = Math.max(this.#clock, known.latest());
    this.#known.keepUp(known);
  }

  /** Notes what another copy knows, whose writes have been merged. */
  absorb(known: Knowledge): void {
    this.#clock = Math.max(this.#clock, known.latest());
    this.#known.absorb(known);
  }

  /**
   * Takes another copy's whole state for its own. What was written here and is not in it is written again; what others
   * wrote and is not in it stays, unless it may have been deleted since. True when something stayed: nobody else may
   * know it.
   */
  load(groups: Group[], rows: Rows, known: Knowledge): boolean {
    const { writer: me } = this.#options;
    const own = this.#rows((counter, writer, start = counter) =>
      writer === me && !(known.holds(me, counter) && known.holds(me, start))
    );
    const others = this.#rows((counter, writer) => writer !== me && counter > known.of(writer));
    const before = this.#values();
    this.#isLoading = true;
    this.#clear();
    const earlier = this.#known;
    this.#known = new Knowledge();
    for (const group of groups) this.#mergeGroup(group, rows);
    this.#known = new Knowledge(known.floor, known.entries(), earlier.life + 1);
    for (const group of readRows(others, ORIGIN)!) this.#mergeGroup(group, others);
    earlier.forget(me);
    this.#known.absorb(earlier);
    this.#clock = Math.max(this.#clock, known.latest());
    for (const group of readRows(own, ORIGIN)!) this.#writeAgain(group, own);
    this.#isLoading = false;
    this.#noteDifference(before);
    return others.length > 0;
  }

  /** Writes once more all that was written here, later than `counter`, which somebody has used in this copy's name. */
  writeOwnAgain(counter: number): void {
    this.#clock = Math.max(this.#clock, counter);
    const own = this.ownRowsSince(0);
    for (const group of readRows(own, ORIGIN)!) this.#writeAgain(group, own);
  }

  /** Drops what is below the floor and no longer needed. */
  collect(isForgotten: (writer: string) => boolean): void {
    for (const table of this.#tables.values()) {
      table.collect(this.#known.floor.counter, isForgotten);
    }
  }

  #stamp(table: Table): Stamp {
    this.#unsent.add(table);
    if (!this.#open) {
      this.#open = { counter: ++this.#clock, writer: this.#options.writer };
      this.#latest = this.#open.counter;
    }
    return this.#open;
  }

  #rows(isWanted: Wanted): Rows {
    const rows = new RowWriter(ORIGIN);
    for (const table of this.#tables.values()) {
      writeTable(rows, table, table.tombstones.keys(), isWanted);
      writeTable(rows, table, table.keys(), isWanted);
    }
    return rows.rows;
  }

  #clear(): void {
    for (const table of this.#tables.values()) table.clear();
    this.#unsent.clear();
    this.#open = undefined;
  }

  #count(table: Table, key: string, start: number, total: number): void {
    const { counter, writer } = this.#stamp(table);
    const old = table.get(key);
    table.add(key, { writer, start, total, counter });
    this.#noteOwn(table, key, old);
  }

  #noteOwn(table: Table, key: string, old: unknown): void {
    table.unsent.add(key);
    this.#note(table, key, old, this.#options.writer);
  }

  #note(table: Table, key: string, old: unknown, writer: string): void {
    const { changes } = this.#options;
    if (this.#isLoading || !changes.isHeard(table.path)) return;
    const deleted = !table.has(key);
    const value = table.get(key);
    changes.note({ path: table.path, key, old, value, deleted, writer: threadOf(writer) });
  }

  #isAllowed({ stamp, path, operation }: Group): boolean {
    const thread = threadOf(stamp.writer);
    if (this.#options.mayWrite(thread, path)) return true;
    if (operation !== "flag" && this.#tables.get(path)?.flags.has("open")) return true;
    // Increments whose writers have been forgotten.
    if (operation === "add" && stamp.counter === 0 && this.#isLoading) return true;
    this.#options.onProblem(
      `The public state ignored a forged message: '${thread}' may not write ${path}`,
    );
    return false;
  }

  #mergeGroup(group: Group, rows: Rows): void {
    if (!this.#isAllowed(group)) return;
    const { path, stamp, operation, from, to } = group;
    const table = this.table(path);
    for (let at = from; at < to; at += WIDTH[operation]) {
      const key = rows[at] as string;
      if (operation === "flag") {
        if (table.flags.has(key as Flag)) continue;
        table.raise(key as Flag, stamp);
        this.#options.changes.noteFlag(path, key as Flag);
        continue;
      }
      const old = table.get(key);
      if (this.#mergeItem(table, group, rows, at)) this.#note(table, key, old, stamp.writer);
    }
  }

  /** Merges the write at `at`; false when it was out of date. */
  #mergeItem(table: Table, { operation, stamp }: Group, rows: Rows, at: number): boolean {
    const key = rows[at] as string;
    if (operation === "add") {
      const start = rows[at + 1] as number;
      const { counter, writer } = stamp;
      // A run that began below the floor would be held here, had it not been ended there.
      const isEnded = start <= this.#known.floor.counter &&
        !table.tallies.get(key)?.find(writer, start);
      return !isEnded && table.add(key, { writer, start, total: rows[at + 2] as number, counter });
    }
    if (!table.isNews(key, stamp)) return false;
    if (operation === "set") table.put(key, freeze(rows[at + 1]), stamp);
    else table.remove(key, stamp);
    return true;
  }

  /** Writes once more what was written here, after another copy's state was loaded that may not have it. */
  #writeAgain({ path, stamp, operation, from, to }: Group, rows: Rows): void {
    const table = this.table(path);
    for (let at = from; at < to; at += WIDTH[operation]) {
      const key = rows[at] as string;
      if (operation === "flag") this.raise(table, key as Flag);
      else if (operation === "add") {
        this.#countAgain(table, key, rows[at + 1] as number, rows[at + 2] as number);
      } else if (this.#wrote > 0 && isPast(stamp, table.stampOf(key))) continue;
      else if (operation === "set") this.set(table, key, rows[at + 1]);
      else this.delete(table, key);
    }
  }

  /** A run goes on where it is known or may be; where it would be taken for ended, another begins. */
  #countAgain(table: Table, key: string, start: number, total: number): void {
    const { writer } = this.#options;
    const isKnown = table.tallies.get(key)?.find(writer, start) !== undefined;
    const mayBeKnown = this.#wrote > 0 && start > this.#known.floor.counter;
    if (isKnown || mayBeKnown) this.#count(table, key, start, total);
    else if (!this.#known.holds(writer, start)) this.increment(table, key, total);
  }

  #values(): Map<Table, Map<string, unknown>> {
    const values = new Map<Table, Map<string, unknown>>();
    for (const table of this.#tables.values()) {
      if (this.#options.changes.isHeard(table.path)) values.set(table, new Map(table.entries()));
    }
    return values;
  }

  #noteDifference(before: Map<Table, Map<string, unknown>>): void {
    for (const table of this.#tables.values()) {
      const values = before.get(table) ?? new Map();
      for (const [key, old] of values) {
        if (!table.has(key)) this.#note(table, key, old, table.stampOf(key).writer);
      }
      for (const [key, value] of table.entries()) {
        const old = values.get(key);
        if (!Object.is(value, old)) this.#note(table, key, old, table.stampOf(key).writer);
      }
    }
  }
}

function isPast(stamp: Stamp, other: Stamp): boolean {
  return isLater(other.counter, other.writer, stamp);
}

/** Adds to `rows` what is wanted of some keys; that a map is open goes first, since it is what allows the rest. */
function writeTable(rows: RowWriter, table: Table, keys: Iterable<string>, isWanted: Wanted): void {
  const { path } = table;
  for (const [flag, stamp] of table.flags) {
    if (flag === "open" || isWanted(stamp.counter, stamp.writer)) rows.flag(path, stamp, flag);
  }
  for (const key of keys) {
    const stamp = table.stampOf(key);
    const tally = table.tallies.size > 0 ? table.tallies.get(key) : undefined;
    const value = tally ? tally.base : table.has(key) ? table.get(key) : NOTHING;
    if (stamp.counter > 0 && isWanted(stamp.counter, stamp.writer)) {
      if (value === NOTHING) rows.delete(path, stamp, key);
      else rows.set(path, stamp, key, value);
    }
    for (const { writer, counter, start, total } of tally?.runs ?? []) {
      if (isWanted(counter, writer, start)) rows.add(path, { counter, writer }, key, start, total);
    }
  }
}
