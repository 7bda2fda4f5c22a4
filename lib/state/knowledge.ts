import { isCounter } from "./stamp.ts";

/**
 * A counter up to which everything is settled: whatever was written at or below it by anyone, every member has seen, and
 * nobody but a member's earlier self has written there. Tombstones below it are dropped.
 *
 * It is decided by one copy, the keeper, and the others take it over. A copy that finds itself not among the members
 * was left out, and starts again from a member's state.
 */
export interface Floor {
  readonly counter: number;
  /** The writers that lived, and how often each had started again. */
  readonly members: ReadonlyMap<string, number>;
  /** The writers that did not, and up to where every member has seen their writes. */
  readonly departed: ReadonlyMap<string, number>;
}

/** Up to which counter a writer's writes are known, and after which of them it wrote nothing up to there. */
export type Head = readonly [writer: string, counter: number, wrote: number];

const GROUND: Floor = { counter: 0, members: new Map(), departed: new Map() };

/**
 * Whose writes a copy has seen, and up to where: a version vector with a floor. Everything at or below the
 * floor is known; above it, each writer's writes are known without a gap up to a counter of its own, its head. That rises
 * with the clock of a writer that writes nothing, so it is known besides after which counter it wrote nothing.
 */
export class Knowledge {
  #floor: Floor;
  readonly #heads = new Map<string, number>();
  /** After which counter a writer wrote nothing up to its head. */
  readonly #wrote = new Map<string, number>();
  #life: number;

  constructor(floor = GROUND, heads: Iterable<Head> = [], life = 0) {
    this.#floor = floor;
    this.#life = life;
    for (const head of heads) this.#note(...head);
  }

  /** How often this copy has started from another's whole state: what it knew before then, it may know no longer. */
  get life(): number {
    return this.#life;
  }

  /** What is settled. */
  get floor(): Floor {
    return this.#floor;
  }

  /** The counter up to which each writer's writes are known, its head, apart from the floor. */
  get heads(): ReadonlyMap<string, number> {
    return this.#heads;
  }

  /** The heads, and what is known of each besides. */
  *entries(): Iterable<Head> {
    for (const [writer, counter] of this.#heads) yield [writer, counter, this.#wrote.get(writer)!];
  }

  /** The counter up to which this writer's writes are known. */
  of(writer: string): number {
    return Math.max(this.#heads.get(writer) ?? 0, this.#floor.counter);
  }

  /** Whether this writer's write is held, if nothing later has replaced it: not if the floor was made without it. */
  holds(writer: string, counter: number): boolean {
    if (counter > (this.#heads.get(writer) ?? 0)) return false;
    return counter > this.#floor.counter || hasCounted(this.#floor, writer, counter);
  }

  /** Notes that this writer's writes are known up to `counter`, and that there are none after `wrote` up to there. */
  learn(writer: string, counter: number, wrote = counter): void {
    if (counter > this.of(writer)) this.#note(writer, counter, wrote);
  }

  /** Notes what `other` knows, floor apart. */
  absorb(other: Knowledge): void {
    for (const [writer, counter] of other.#heads) {
      this.learn(writer, counter, other.#wrote.get(writer));
    }
  }

  /** Notes how far the writers are of whom `other` knows no write that this does not. */
  keepUp(other: Knowledge): void {
    for (const [writer, wrote] of other.#wrote) {
      if (wrote <= this.of(writer)) this.learn(writer, other.#heads.get(writer)!, wrote);
    }
  }

  /** Follows what a copy says that it knows, which may be said late, or after it has started again. */
  follow(told: Knowledge): void {
    if (told.#life < this.#life) return;
    if (told.#life > this.#life) {
      this.#life = told.#life;
      this.#floor = GROUND;
      this.#heads.clear();
      this.#wrote.clear();
    }
    this.absorb(told);
    this.raise(told.#floor);
  }

  /** Whether it knows writes at or below a higher floor that this was made without. */
  hasStrays(floor: Floor): boolean {
    return [...this.#heads].some(([writer, counter]) =>
      counter > this.#floor.counter &&
      !hasCounted(floor, writer, Math.min(counter, floor.counter))
    );
  }

  /** Lifts the floor; false when it is higher already. */
  raise(floor: Floor): boolean {
    if (floor.counter <= this.#floor.counter) return false;
    this.#floor = floor;
    return true;
  }

  /** After which counter this writer wrote nothing, up to its head. */
  wroteOf(writer: string): number {
    return this.#wrote.get(writer) ?? 0;
  }

  /** Drops a writer; what it wrote must be below the floor. */
  forget(writer: string): void {
    this.#heads.delete(writer);
    this.#wrote.delete(writer);
  }

  /** Whether `other` knows a write that this does not. */
  isBehind(other: Knowledge): boolean {
    for (const [writer, wrote] of other.#wrote) if (wrote > this.of(writer)) return true;
    return false;
  }

  /** The counter after which nobody is known to have written anything. */
  latestWrite(): number {
    return Math.max(0, ...this.#wrote.values());
  }

  /** The largest counter of all. */
  latest(): number {
    let latest = this.#floor.counter;
    for (const counter of this.#heads.values()) latest = Math.max(latest, counter);
    return latest;
  }

  /** As it travels: life, the floor's counter, members and departed; then writer, head and `wrote` by turns. */
  toWire(): unknown[] {
    const { counter, members, departed } = this.#floor;
    return [
      this.#life,
      counter,
      pairsToWire(members),
      pairsToWire(departed),
      ...[...this.entries()].flat(),
    ];
  }

  /** Reads what {@linkcode toWire} made; undefined for anything else. */
  static fromWire(wire: unknown): Knowledge | undefined {
    if (!Array.isArray(wire)) return undefined;
    const [life, counter] = wire;
    const [members, departed] = [pairsFromWire(wire[2]), pairsFromWire(wire[3])];
    if (!isCounter(life) || !isCounter(counter) || !members || !departed) return undefined;
    const heads: Head[] = [];
    for (let i = 4; i < wire.length; i += 3) {
      const [writer, head, wrote] = wire.slice(i, i + 3);
      if (typeof writer !== "string" || !isCounter(head) || !isCounter(wrote)) return undefined;
      heads.push([writer, head, wrote]);
    }
    return new Knowledge({ counter, members, departed }, heads, life);
  }

  #note(writer: string, counter: number, wrote: number): void {
    this.#heads.set(writer, counter);
    this.#wrote.set(writer, wrote);
  }
}

/** Whether a floor was made with this writer's writes up to `counter`, and did not leave them out. */
function hasCounted(floor: Floor, writer: string, counter: number): boolean {
  return floor.members.has(writer) || counter <= (floor.departed.get(writer) ?? 0);
}

/** What the keeper makes the floor from: what each living copy has told it, its own knowledge included. */
export function settledFloor(living: ReadonlyMap<string, Knowledge>): Floor {
  const all = [...living.values()];
  const writers = new Set(all.flatMap((known) => [...known.heads.keys()]));
  let counter = Infinity;
  for (const writer of writers) {
    const heads = all.map((known) => known.of(writer));
    const lowest = Math.min(...heads);
    // Who has departed writes no more: once everybody has seen it all, it holds nobody up.
    const isSettled = !living.has(writer) && lowest === Math.max(...heads);
    if (!isSettled) counter = Math.min(counter, lowest);
  }
  if (counter === Infinity) return GROUND;
  const departed = new Map<string, number>();
  for (const writer of writers) {
    if (!living.has(writer)) {
      departed.set(
        writer,
        Math.min(...all.map((known) => known.of(writer))),
      );
    }
  }
  const members = new Map([...living].map(([writer, { life }]) => [writer, life]));
  return { counter, members, departed };
}

/** Writers and counters by turns. */
function pairsToWire(pairs: ReadonlyMap<string, number>): unknown[] {
  return [...pairs].flat();
}

function pairsFromWire(wire: unknown): Map<string, number> | undefined {
  if (!Array.isArray(wire) || wire.length % 2 !== 0) return undefined;
  const pairs = new Map<string, number>();
  for (let i = 0; i < wire.length; i += 2) {
    if (typeof wire[i] !== "string" || !isCounter(wire[i + 1])) return undefined;
    pairs.set(wire[i], wire[i + 1]);
  }
  return pairs;
}
