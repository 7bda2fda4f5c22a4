/**
 * The protocol under random schedules: copies write, join, die, leave, come back and are busy, while the channel
 * drops, delays, repeats and reorders. Then it is quiet, and everything must be right.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { PublicState } from "../../lib/state/mod.ts";
import { type Fate, Network } from "./network.ts";

const SCHEDULES = Number(Deno.env.get("SCHEDULES") ?? 10_000);

/** The maps: values that are set, values that are set and deleted, counters, counters that are also set and deleted. */
const MAPS = ["Values", "Coming", "Counters", "Mixed"] as const;

/** One thing that happens. Threads are numbered; thread 0 is the first copy and does not die. */
type Step =
  | WriteStep
  | { do: "join" | "kill" | "leave"; thread: number }
  | { do: "block"; thread: number; ms: number }
  | { do: "wait"; ms: number }
  | { do: "channel"; loss: number; repeat: number; delay: number }
  | { do: "cut"; thread: number }
  | { do: "quiet" };

interface WriteStep {
  do: "set" | "delete" | "increment";
  thread: number;
  map: typeof MAPS[number];
  key: string;
}

const thread = fc.nat(3);
const key = fc.constantFrom("x", "y");
const ms = fc.oneof(
  { weight: 4, arbitrary: fc.nat(30) },
  { weight: 2, arbitrary: fc.nat(2_000) },
  { weight: 1, arbitrary: fc.nat(100_000) },
);
const write = fc.oneof(
  fc.record({ do: fc.constant("set"), thread, key, map: fc.constantFrom("Values", "Coming") }),
  fc.record({ do: fc.constant("delete"), thread, key, map: fc.constant("Coming") }),
  fc.record({ do: fc.constant("increment"), thread, key, map: fc.constant("Counters") }),
  fc.record({
    do: fc.constantFrom("set", "delete", "increment", "increment"),
    ...{ thread, key, map: fc.constant("Mixed") },
  }),
);
const step = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait"), ms }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("join"), thread }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("kill", "leave"), thread }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("block"), thread, ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut"), thread }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("channel"),
      loss: fc.constantFrom(0, 0.1, 0.5, 0.9),
      repeat: fc.constantFrom(0, 0.3),
      delay: fc.constantFrom(1, 20, 500, 40_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("quiet") }) },
) as fc.Arbitrary<Step>;

/** One life of a thread. */
class Life {
  isAlive = true;
  /** The last write to each key of `Values`. */
  readonly last = new Map<string, string>();
  /** Increments of each key of `Counters`, and how many of them were everywhere when it was last quiet. */
  readonly counted = new Map<string, { all: number; settled: number }>();

  constructor(readonly state: PublicState) {}

  increment(key: string): void {
    const { all, settled } = this.counted.get(key) ?? { all: 0, settled: 0 };
    this.counted.set(key, { all: all + 1, settled });
  }
}

/** Carries a schedule out, and knows what must come of it. */
class World {
  readonly #network = new Network();
  readonly #lives: Life[] = [];
  readonly #running: (Life | undefined)[] = [];
  /** Each value that was set, and the value that its writer saw it replace. */
  readonly #writes = new Map<string, string | undefined>();
  readonly #random: () => number;
  #cut: string | undefined;
  #channel = { loss: 0, repeat: 0, delay: 1 };

  constructor(seed: number) {
    this.#random = random(seed);
    this.#network.capacity = 8;
    this.#network.turn = 2;
    this.#network.fate = this.#fate;
    this.#join(0);
  }

  take(step: Step): void {
    switch (step.do) {
      case "set":
      case "delete":
      case "increment":
        return this.#write(step);
      case "join":
        return this.#join(step.thread);
      case "kill":
      case "leave":
        return this.#end(step.thread, step.do);
      case "block": {
        const life = this.#running[step.thread];
        if (life) this.#network.block(life.state, step.ms);
        return;
      }
      case "wait":
        return this.#network.run(step.ms);
      case "channel":
        this.#channel = step;
        return;
      case "cut":
        this.#cut = this.#cut === undefined ? String(step.thread) : undefined;
        return;
      case "quiet":
        return this.settle();
    }
  }

  /** Lets everything come to rest, and checks what must be true then. */
  settle(): void {
    this.#channel = { loss: 0, repeat: 0, delay: 1 };
    this.#cut = undefined;
    for (const life of this.#running) if (life) this.#network.unblock(life.state);
    // What is on its way arrives within 40 s.
    this.#network.run(60_000);
    const living = this.#lives.filter(({ isAlive }) => isAlive);
    const [first, ...others] = living.map(({ state }) => held(state));
    for (const other of others) assertEquals(other, first);
    for (const life of living) this.#checkWrites(life);
    this.#checkCounters();
    assertEquals(this.#network.problems, []);
  }

  #write({ do: what, thread, map, key }: WriteStep): void {
    const life = this.#running[thread];
    if (!life) return;
    const target = life.state.map(map);
    if (what === "delete") target.delete(key);
    else if (what === "increment") {
      target.increment(key);
      if (map === "Counters") life.increment(key);
    } else if (map === "Mixed") target.set(key, 1000 * this.#writes.size);
    else {
      const value = `write ${this.#writes.size}`;
      this.#writes.set(value, target.get(key) as string | undefined);
      target.set(key, value);
      if (map === "Values") life.last.set(key, value);
    }
  }

  #join(thread: number): void {
    if (this.#running[thread]) return;
    const life = new Life(this.#network.join(String(thread)));
    this.#running[thread] = life;
    this.#lives.push(life);
  }

  #end(thread: number, how: "kill" | "leave"): void {
    const life = this.#running[thread];
    if (!life || thread === 0) return;
    if (how === "leave") life.state.close();
    this.#network.kill(life.state);
    life.isAlive = false;
    this.#running[thread] = undefined;
  }

  readonly #fate: Fate = (_, to) => {
    const { loss, repeat, delay } = this.#channel;
    if (this.#cut === "0" || to === this.#cut || this.#random() < loss) return [];
    const times = this.#random() < repeat ? 2 : 1;
    return Array.from({ length: times }, () => 1 + Math.floor(this.#random() * delay));
  };

  /** The last write of a living thread is there, or one that it did not replace. */
  #checkWrites({ state, last }: Life): void {
    for (const [key, value] of last) {
      const held = state.map<string, string>("Values").get(key);
      const replaced = new Set<string>();
      for (let past = this.#writes.get(value); past && !replaced.has(past);) {
        replaced.add(past);
        past = this.#writes.get(past);
      }
      assert(
        held !== undefined && this.#writes.has(held),
        `Values.${key} is ${held}, which nobody wrote`,
      );
      assert(
        !replaced.has(held),
        `Values.${key} is ${held}, which ${value} has replaced`,
      );
    }
  }

  /** Living threads' increments all count; of the dead's, at least those that once were everywhere. */
  #checkCounters(): void {
    const counters = this.#running[0]!.state.map<string, number>("Counters");
    for (const key of ["x", "y"]) {
      let [least, most] = [0, 0];
      for (const { isAlive, counted } of this.#lives) {
        const { all, settled } = counted.get(key) ?? { all: 0, settled: 0 };
        least += isAlive ? all : settled;
        most += all;
      }
      const sum = counters.get(key) ?? 0;
      assert(sum >= least && sum <= most, `Counters.${key} is ${sum}, not ${least} to ${most}`);
    }
    for (const { isAlive, counted } of this.#lives) {
      if (isAlive) {
        for (const [key, { all }] of counted) counted.set(key, { all, settled: all });
      }
    }
  }
}

function held(state: PublicState): unknown {
  return MAPS.map((path) => [path, [...state.map(path)].sort()]);
}

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

Deno.test(`after ${SCHEDULES} random schedules every copy is equal, and nothing is lost`, () => {
  const schedule = fc.array(step, { minLength: 5, maxLength: 40, size: "max" });
  fc.assert(
    fc.property(schedule, fc.nat(), (steps, seed) => {
      const world = new World(seed);
      for (const step of steps) world.take(step);
      world.settle();
    }),
    { numRuns: SCHEDULES },
  );
});
