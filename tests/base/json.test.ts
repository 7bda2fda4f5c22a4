import { assertEquals } from "@std/assert";
import { toJson } from "../../lib/base/mod.ts";

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
  ];
  for (const [value, json] of cases) assertEquals(toJson(value), json);
});
