import { NOTHING, type Operation } from "./message.ts";

/** Characters that the maps of one owner may hold: every thread keeps a copy. */
export const LARGEST_OWNER = 33_554_432;

/** What a map, and each key in it, takes beside its name and its value, about. */
const ENTRY = 100;

/** How much the maps of each owner hold, in characters of names and of values as JSON. */
export class Quota {
  readonly #ownerOf: (path: string) => string;
  readonly #owners = new Map<string, { held: number }>();
  readonly #maps = new Map<string, { held: number }>();
  /** Of values that take more than {@linkcode ENTRY}. */
  readonly #sizes = new WeakMap<object, number>();

  /** @param ownerOf whose a map is, by its path. */
  constructor(ownerOf: (path: string) => string) {
    this.#ownerOf = ownerOf;
  }

  /** Whether a map may hold what an operation makes of `old`: more only as long as its owner's maps have room. */
  allows(path: string, key: string, old: unknown, { value, text }: Operation): boolean {
    const { held } = this.#maps.get(path) ?? this.#owners.get(this.#ownerOf(path)) ?? { held: 0 };
    const more = this.#size(key, value, text) - this.#size(key, old);
    return more <= 0 || held + more <= LARGEST_OWNER;
  }

  /** Counts `value` instead of `old`. @param text of the value, when it is known. */
  count(path: string, key: string, old: unknown, value: unknown, text?: string): void {
    if (text !== undefined && text.length > ENTRY && typeof value === "object" && value !== null) {
      this.#sizes.set(value, text.length);
    }
    this.#holder(path).held += this.#size(key, value) - this.#size(key, old);
  }

  #holder(path: string): { held: number } {
    let holder = this.#maps.get(path);
    if (!holder) {
      const owner = this.#ownerOf(path);
      holder = this.#owners.get(owner) ?? { held: 0 };
      this.#owners.set(owner, holder);
      this.#maps.set(path, holder);
      holder.held += ENTRY + path.length;
    }
    return holder;
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
