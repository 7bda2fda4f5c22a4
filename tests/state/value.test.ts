import { assert, assertEquals, assertThrows } from "@std/assert";
import { freeze, frozenCopy } from "../../lib/state/value.ts";
import { Network } from "./network.ts";

class Drive {
  constructor(readonly letter: string) {}
  get free() {
    return 1;
  }
}

const cyclic: Record<string, unknown> = { list: [1], map: new Map() };
cyclic.self = cyclic;
(cyclic.map as Map<unknown, unknown>).set("self", cyclic.map);

/** What a map takes, and what it becomes where that differs. */
const VALUES: Record<string, [given: unknown, becomes?: unknown]> = {
  numbers: [[0, -0, NaN, Infinity, -Infinity, 2 ** 60, 10n]],
  "nothing": [{ a: null, b: undefined }],
  text: ["ü\u0000\ud800"],
  dates: [new Date(NaN)],
  collections: [new Map<unknown, unknown>([[{ k: 1 }, new Set([[1]])]])],
  bytes: [{ a: new Uint8Array([1, 2]), b: new ArrayBuffer(3) }],
  errors: [new RangeError("far")],
  patterns: [/x/gi],
  cyclic: [cyclic],
  "an instance of a class": [new Drive("C"), { letter: "C" }],
  "no prototype": [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  "a key named __proto__": [JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
  "a getter": [{
    get a() {
      return 1;
    },
  }, { a: 1 }],
  "8 MB": ["x".repeat(8_000_000)],
};

for (const [name, [given, becomes = given]] of Object.entries(VALUES)) {
  Deno.test(`a map holds ${name}, here and elsewhere`, () => {
    const network = new Network();
    const [a, b] = [network.join("a", { first: true }), network.join("b")];
    network.run(1_000);
    a.map("M").set("x", given).set("__proto__", 1);
    network.run(10);
    for (const map of [a.map("M"), b.map("M")]) {
      assertEquals(map.get("x"), becomes);
      assert(Object.is(String(map.get("x")), String(map.get("x"))));
      assertEquals(map.get("__proto__"), 1);
    }
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
    assertEquals(network.problems, []);
  });
}

Deno.test("what is read is frozen, here and elsewhere, and apart from what was set", () => {
  const network = new Network();
  const [a, b] = [network.join("a", { first: true }), network.join("b")];
  network.run(1_000);
  const given = { list: [{ n: 1 }] };
  a.map("M").set("x", given);
  given.list[0]!.n = 2;
  network.run(10);
  for (const state of [a, b]) {
    const value = state.map<string, typeof given>("M").get("x")!;
    assertEquals(value, { list: [{ n: 1 }] });
    assertThrows(() => value.list[0]!.n = 3, TypeError);
    assertThrows(() => value.list.push({ n: 3 }), TypeError);
  }
});

Deno.test("-0 stays -0", () => {
  assert(Object.is((frozenCopy([-0], "x") as number[])[0], -0));
});

Deno.test("a frozen cyclic map comes to an end", () => {
  freeze(cyclic.map);
});

const REFUSED: [given: unknown, message: string][] = [
  [() => 1, "Cannot set M.x: M.x is a function, which cannot be cloned"],
  [{ a: [1, { b: Symbol("s") }] }, "Cannot set M.x: M.x.a[1].b is a symbol"],
  [new Map([["k", () => 1]]), "Cannot set M.x: M.x.get(k) is a function"],
  [new Set([1, () => 1]), "Cannot set M.x: M.x.item(1) is a function"],
  [[Promise.resolve()], "Cannot set M.x: M.x[0] is a Promise, which cannot be cloned"],
  [{ w: new WeakMap() }, "Cannot set M.x: M.x.w is a WeakMap, which cannot be cloned"],
  [new SharedArrayBuffer(1), "Cannot set M.x: M.x is shared memory"],
  [new Uint8Array(new SharedArrayBuffer(1)), "Cannot set M.x: M.x is shared memory"],
  [{
    get a() {
      throw new Error("boom");
    },
  }, "Cannot set M.x: M.x.a is a property that cannot be read (Error: boom)"],
  [deep(100_000), "Cannot set M.x: M.x[0][0][0]"],
];

for (const [given, message] of REFUSED) {
  Deno.test(`refused, and the map stays as it was: ${message}`, () => {
    const network = new Network();
    const map = network.join("a", { first: true }).map("M").set("x", 1);
    network.run(1_000);
    const before = network.sent.length;
    assertThrows(() => map.set("x", given), TypeError, message);
    assertThrows(() => map.set(7 as unknown as string, 1), TypeError, "a key is a string");
    network.run(50);
    assertEquals([...map], [["x", 1]]);
    assertEquals(network.sent.length, before);
  });
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
