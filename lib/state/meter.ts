/** What a value may hold. */
export const LIMITS = {
  /** Bytes of its encoded form. */
  bytes: 1_048_576,
  /** Parts within parts. */
  depth: 200,
  /** Parts, a shared one counted each time that it is met. */
  nodes: 100_000,
  /** Characters of a key. */
  key: 4_096,
};

/** An object inside a value. */
export interface Part {
  readonly id: number;
  readonly parent: Part | undefined;
  readonly depth: number;
  /** How many nodes had been counted when it began. */
  readonly start: number;
  /** How many parts it has, itself included; undefined while it is being looked at. */
  nodes: number | undefined;
  /** How deep its parts lie in it. */
  height: number;
  /** Of the parts around it that it leads back to: the innermost, and the depth of the outermost. */
  back: Part | undefined;
  backDepth: number;
}

/**
 * Measures a value while something goes through it. A shared part counts each time that it is met, since whoever prints
 * a value meets it each time: sixty times `v = [v, v]` is a small value and a text without end. The cost is that of the
 * walk. Used where values are written and where they are read, with the same limits.
 */
export class Meter {
  #nodes = 0;
  #count = 0;
  #current: Part | undefined;
  readonly #fail: (why: string) => never;

  /** @param fail throws. */
  constructor(fail: (why: string) => never) {
    this.#fail = fail;
  }

  /** Counts parts. */
  count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > LIMITS.nodes) {
      this.#fail(`too large: at most ${LIMITS.nodes} parts, shared ones counted each time`);
    }
  }

  /** Begins a part. */
  enter(): Part {
    const parent = this.#current;
    const depth = parent ? parent.depth + 1 : 0;
    if (depth > LIMITS.depth) this.#fail(`nested too deeply: at most ${LIMITS.depth} levels`);
    const id = this.#count++;
    return this.#current = {
      id,
      parent,
      depth,
      start: this.#nodes,
      nodes: undefined,
      height: 0,
      back: undefined,
      backDepth: Infinity,
    };
  }

  /** Ends the part that was begun last. */
  leave(part: Part): void {
    part.nodes = this.#nodes - part.start;
    this.#current = part.parent;
    if (part.parent) this.#include(part, part.parent);
  }

  /** Meets a part for a second time. */
  meet(part: Part): void {
    const place = this.#current!;
    if (part.nodes === undefined) {
      if (part !== place) this.#leadsBack(place, part, part.depth);
      return;
    }
    if (part.back && part.back.nodes !== undefined) {
      this.#fail("a part that is met twice and leads back out of itself");
    }
    if (place.depth + 1 + part.height > LIMITS.depth) {
      this.#fail(`nested too deeply: at most ${LIMITS.depth} levels`);
    }
    this.count(part.nodes);
    this.#include(part, place);
  }

  #include(part: Part, place: Part): void {
    place.height = Math.max(place.height, part.height + 1);
    if (!part.back || part.backDepth >= place.depth) return;
    // Which of the parts around `place` comes next is not known: the innermost is the safe guess.
    const next = part.back.depth < place.depth ? part.back : place.parent!;
    this.#leadsBack(place, next, part.backDepth);
  }

  #leadsBack(place: Part, to: Part, depth: number): void {
    if (!place.back || to.depth > place.back.depth) place.back = to;
    place.backDepth = Math.min(place.backDepth, depth);
  }
}
