/** What a value may hold. */
export const LIMITS = {
  /**
   * Bytes of its text and binary data, and one for each part. A text counts as JSON writes it, where a control character
   * takes six; with a character above U+00FF each takes two.
   */
  bytes: 1_048_576,
  /** Parts within parts. */
  depth: 200,
  /** Number of parts; a part that occurs several times counts each time. */
  nodes: 100_000,
  /** Characters of a key. */
  key: 4_096,
};

/** An object inside a value. */
export interface Part {
  readonly id: number;
  readonly depth: number;
  /** How many nodes had been counted when it began. */
  readonly start: number;
  /** How many nodes it has, itself excluded; undefined while something goes through it. */
  nodes: number | undefined;
  /** How deep its parts lie in it. */
  height: number;
  /** The depth of the outermost part that it leads back to. */
  back: number;
}

/**
 * Measures a value while something goes through it. A shared part counts each time that it is met, since whoever prints
 * a value meets it each time: sixty times `v = [v, v]` is a small value and a text without end. The cost is that of the
 * walk. Used where values are written and where they are read, with the same limits.
 */
export class Meter {
  #nodes = 0;
  #bytes = 0;
  #count = 0;
  readonly #path: Part[] = [];
  readonly #fail: (why: string, isWhole?: boolean) => never;

  /** @param fail throws; `isWhole` when it is about the whole value, and not about a part. */
  constructor(fail: (why: string, isWhole?: boolean) => never) {
    this.#fail = fail;
  }

  /** Counts parts. */
  count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > LIMITS.nodes) {
      this.#fail(`too large: at most ${LIMITS.nodes} parts, shared ones counted each time`, true);
    }
    this.size(nodes);
  }

  /** Counts bytes. */
  size(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > LIMITS.bytes) {
      this.#fail(`too large: at most ${LIMITS.bytes} bytes`, true);
    }
  }

  /** Counts the bytes of a text, and returns it. */
  text(text: string): string {
    this.size(text.length);
    const isEscaped = /[\p{Cc}"\\\p{Cs}]/u.test(text);
    const more = isEscaped ? JSON.stringify(text).length - text.length : 0;
    this.size(/[^\0-\xFF]/.test(text) ? text.length + 2 * more : more);
    return text;
  }

  /** Begins a part. */
  enter(): Part {
    const depth = this.#path.length;
    if (depth > LIMITS.depth) this.#fail(`nested too deeply: at most ${LIMITS.depth} levels`);
    const part: Part = {
      id: this.#count++,
      depth,
      start: this.#nodes,
      nodes: undefined,
      height: 0,
      back: depth,
    };
    this.#path.push(part);
    return part;
  }

  /** Ends the part that was begun last. */
  leave(): void {
    const part = this.#path.pop()!;
    part.nodes = this.#nodes - part.start;
    this.#include(part);
  }

  /** Meets a part for a second time. */
  meet(part: Part): void {
    if (part.nodes === undefined) {
      const place = this.#path.at(-1)!;
      place.back = Math.min(place.back, part.depth);
      return;
    }
    if (part.back < part.depth) this.#fail("a part that is met twice and leads back out of itself");
    if (this.#path.length + part.height > LIMITS.depth) {
      this.#fail(`nested too deeply: at most ${LIMITS.depth} levels`);
    }
    this.count(part.nodes);
    this.#include(part);
  }

  #include({ height, back }: Part): void {
    const place = this.#path.at(-1);
    if (!place) return;
    place.height = Math.max(place.height, height + 1);
    place.back = Math.min(place.back, back);
  }
}
