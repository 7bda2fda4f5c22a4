import { assertEquals } from "@std/assert";
import { isObject, isSameJson, toJson, valueAt } from "../../lib/base/mod.ts";

Deno.test("what is shared is whole each time, and what is too deep is cut", () => {
  const shared = { a: 1 };
  assertEquals(toJson([shared, { shared }]), '[{"a":1},{"shared":{"a":1}}]');
  let deep: unknown = "end";
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assertEquals(JSON.parse(toJson({ deep, b: 1 })).b, 1);
});

Deno.test("whatever the public state holds is JSON", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const cases: [value: unknown, json: string][] = [
    [{ a: [1, "x", null] }, '{"a":[1,"x",null]}'],
    [{ big: 5n }, '{"big":"5"}'],
    [new Map([["a", new Set([1])]]), '[["a",[1]]]'],
    [undefined, "null"],
    [circle, '{"self":"[Circular]"}'],
    [{ a: { circle }, b: 1 }, '{"a":{"circle":{"self":"[Circular]"}},"b":1}'],
    [
      new Map([["self", circle], ["again", circle]]),
      '[["self",{"self":"[Circular]"}],["again",{"self":"[Circular]"}]]',
    ],
    [[1, 1], "[1,1]"],
    [[Object(5n), new Date(0)], '["5","1970-01-01T00:00:00.000Z"]'],
    [[NaN, Infinity, -Infinity, new Date(NaN)], '["NaN","Infinity","-Infinity","Invalid Date"]'],
    [[/a+/g, new TypeError("no")], '["/a+/g","TypeError: no"]'],
    [[new Uint8Array([1, 2]), new Float64Array([0.5, NaN])], '[[1,2],[0.5,"NaN"]]'],
    [[new BigInt64Array([7n]), new Uint8Array([3]).buffer], '[["7"],[3]]'],
    [new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1), "[2]"],
    [{ a: undefined, b: () => 1, c: [undefined, Symbol()] }, '{"c":[null,null]}'],
    [[Object(1), Object("x"), Object(true)], '[1,"x",true]'],
    [JSON.parse('{"__proto__":{"a":1},"constructor":2}'), '{"__proto__":{"a":1},"constructor":2}'],
    [
      Object.defineProperty({ b: 1 }, "a", { enumerable: true, get: () => missing() }),
      '{"b":1,"a":"[Cannot be read]"}',
    ],
  ];
  for (const [value, json] of cases) assertEquals(toJson(value), json);
});

function missing(): never {
  throw new Error("no");
}

Deno.test("indentation is that of JSON.stringify", () => {
  for (const value of [[], {}, [1, [2], {}], { a: { b: [1, { c: "x" }] }, d: [] }]) {
    assertEquals(toJson(value, 2), JSON.stringify(value, undefined, 2));
  }
});

Deno.test("what is shared a hundredfold in each of six levels is cut by its size, and is JSON", () => {
  let hundredfold: unknown = [1];
  for (let i = 0; i < 6; i++) hundredfold = Array(100).fill(hundredfold);
  let doubled: unknown = 1;
  for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
  const limits = { nodes: 10_000, characters: 50_000 };
  for (const value of [hundredfold, doubled, Array(4_000_000_000), new Uint8Array(50_000_000)]) {
    const text = toJson(value, 0, limits);
    assertEquals(text.length < 60_000, true);
    assertEquals(text.includes("…"), true);
    JSON.parse(text);
  }
});

Deno.test("a cut says so at its place, and what came before it is whole", () => {
  const cases: [value: unknown, limits: Parameters<typeof toJson>[2], json: string][] = [
    [[1, 2, 3, 4], { nodes: 3 }, '[1,2,"…"]'],
    [{ a: 1, b: 2, c: 3 }, { nodes: 2 }, '{"a":1,"…":"…"}'],
    [new Map([["a", 1]]), { nodes: 2 }, '[["…"]]'],
    [[[[1]]], { depth: 2 }, '[["[Too deep]"]]'],
    [["\x01", 1, 2], { characters: 13 }, '["\\u0001",1,2]'],
    [["x".repeat(100_000), 1], { characters: 5 }, '["xxx…","…"]'],
    [{ a: 1, b: 2, c: 3, d: 4 }, { characters: 13 }, '{"a":1,"b":2,"…":"…"}'],
    [{ a: 1, b: 2, c: 3, d: 4 }, { characters: 17 }, '{"a":1,"b":2,"c":3,"…":"…"}'],
    [[[], [], [], []], { characters: 7 }, '[[],[],"…"]'],
    [[true, null, 1], { characters: 8 }, '[true,null,"…"]'],
  ];
  for (const [value, limits, json] of cases) assertEquals(toJson(value, 0, limits), json);
});

Deno.test("a text of escapes and a number of millions of digits cost no more than others", () => {
  assertEquals(toJson("\x01".repeat(50_000_000)).length < 9_000_000, true);
  assertEquals(toJson(1n << 30_000_000n), '"a whole number of more than 1,200 digits"');
  assertEquals(toJson(-(1n << 30_000_000n)), '"a whole number of more than 1,200 digits"');
});

Deno.test("what a terminal would obey or turn round is escaped, and stays the same value", () => {
  const text = "a\x1b[2J\x9b\u202eb\u2066\u200f\u061c\u2028c\x7f";
  const json = toJson({ [text]: text });
  assertEquals(JSON.parse(json), { [text]: text });
  assertEquals(/^[\x20-\x7e]+$/.test(json), true);
});

Deno.test("without other limits there are 500,000 values, 200 levels and 8 MB of text", () => {
  const cut = (json: string) => json.includes("…") || json.includes("[Too deep]");
  const deep = (levels: number) => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = [value];
    return value;
  };
  const cases: [fits: unknown, exceeds: unknown][] = [
    [Array(499_999).fill(1), Array(500_000).fill(1)],
    [deep(200), deep(201)],
    ["x".repeat(8 * 1024 ** 2 - 1), "x".repeat(8 * 1024 ** 2)],
  ];
  for (const [fits, exceeds] of cases) {
    assertEquals([cut(toJson(fits)), cut(toJson(exceeds))], [false, true]);
  }
  assertEquals(toJson(2n ** 4096n - 1n).length, 1_236);
  assertEquals(toJson(-(2n ** 4096n) + 1n).length, 1_237);
  assertEquals(toJson(2n ** 4096n), '"a whole number of more than 1,200 digits"');
});

Deno.test("a value is found at a path of its own keys alone", () => {
  const value = { a: [{ b: 1 }], "": 2 };
  assertEquals(valueAt(value, ["a", "0", "b"]), 1);
  assertEquals(valueAt(value, []), value);
  for (const path of [["a", "1"], ["toString"], ["a", "length", "x"], ["a", "0", "b", "c"]]) {
    assertEquals(valueAt(value, path), undefined);
  }
  assertEquals(valueAt(null, ["a"]), undefined);
  assertEquals([{}, [], null, "x", 1].map(isObject), [true, false, false, false, false]);
  assertEquals([isSameJson({ a: 1 }, { a: 1 }), isSameJson([1], [2])], [true, false]);
});
