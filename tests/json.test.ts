import { assertEquals } from "@std/assert";
import { toJson } from "../lib/json.ts";

Deno.test("whatever the public state holds is JSON", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const cases: [value: unknown, json: string][] = [
    [{ a: [1, "x", null] }, '{"a":[1,"x",null]}'],
    [{ big: 5n }, '{"big":"5"}'],
    [new Map([["a", new Set([1])]]), '[["a",[1]]]'],
    [undefined, "null"],
    [circle, JSON.stringify(Deno.inspect(circle))],
  ];
  for (const [value, json] of cases) assertEquals(toJson(value), json);
});
