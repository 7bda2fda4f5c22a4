import { NOTHING, type Operation } from "./message.ts";

/** Characters that the maps of one owner may hold: every thread keeps a copy. */
export const LARGEST_OWNER = 33_554_432;

/** What a map takes beside its name and its keys, about: so many bytes were measured. */
const MAP = 500;

/** What a key takes beside its name and its value, about. */
const ENTRY = 100;

/** How much the maps of each owner hold, in characters of names and of values as JSON. */
export class Quota {
  readonly #held = new Map<string, number>();
  /** Of values that take more than {@linkcode ENTRY}. */
  readonly #sizes = new WeakMap<object, number>();

  /** @param ownerOf whose a map is, by its path. */
  constructor(readonly ownerOf: (path: string) => string) {}

  /** Whether there may be one more map: only as long as its owner's maps have room. */
  allowsMap(path: string): boolean {
    return this.#hasRoom(path, MAP + path.length);
  }

  /** Counts a new map. */
  countMap(path: string): void {
    this.#add(path, MAP + path.length);
  }

  /** Whether a map may hold what an operation makes of `old`: more only as long as its owner's maps have room. */
  allows(path: string, key: string, old: unknown, { value, text }: Operation): boolean {
    return this.#hasRoom(path, this.#size(key, value, text) - this.#size(key, old));
  }

  /** Counts `value` instead of `old`. @param text of the value, when it is known. */
  count(path: string, key: string, old: unknown, value: unknown, text?: string): void {
    if (text !== undefined && text.length > ENTRY && typeof value === "object" && value !== null) {
      this.#sizes.set(value, text.length);
    }
    this.#add(path, this.#size(key, value) - this.#size(key, old));
  }

  #hasRoom(path: string, more: number): boolean {
    return more <= 0 || (this.#held.get(this.ownerOf(path)) ?? 0) + more <= LARGEST_OWNER;
  }

  #add(path: string, more: number): void {
    const owner = this.ownerOf(path);
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + more);
  }

  #size(key: string, value: unknown, text?: string): number {
    if (value === NOTHING) return 0;
    return ENTRY + key.length + (text?.length ?? this.#sizeOfValue(value));
  }

  #sizeOfValue(value: unknown): number {
    if (typeof value === "string") return value.length;
    if (typeof value === "bigint") return value.toString(16).length;
    return typeof value === "object" && value !== null ? this.#sizes.get(value) ?? 0 : 0;
  }
}
