import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS, Meter } from "../../lib/state/meter.ts";

const meter = () =>
  new Meter((why, isWhole = false) => {
    throw new Error(`${isWhole ? "the value" : "a part"}: ${why}`);
  });

/** The bytes that a meter counts for what is done with it: with that many more it is too much. */
function bytesOf(act: (meter: Meter) => void): number {
  const fits = (before: number) => {
    const counting = meter();
    counting.size(before);
    try {
      act(counting);
      return true;
    } catch {
      return false;
    }
  };
  let least = 0, most = LIMITS.bytes;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle - 1;
  }
  return LIMITS.bytes - least;
}

/** As the comment at the limit says: what JSON writes, twice that with a character above U+00FF. */
const TEXTS: [text: string, bytes: number][] = [
  ["", 0],
  ["abc", 3],
  ["é\u00ff", 2],
  ["\u0100", 2],
  ["ab\u0100", 6],
  ["\u{1F600}", 4],
  ['a"', 5],
  ["a\\", 5],
  ["\n", 4],
  ["\x01", 8],
  ["\x01\u0100", 18],
  ["\ud800", 16],
];

Deno.test("a text counts as many bytes as JSON needs for it", () => {
  for (const [text, bytes] of TEXTS) {
    assertEquals(bytesOf((meter) => meter.text(text)), bytes, JSON.stringify(text));
  }
  assertEquals(meter().text("x"), "x");
  assertEquals(bytesOf((meter) => meter.count(7)), 7);
});

Deno.test("each limit is the largest that is taken", () => {
  meter().count(LIMITS.nodes);
  assertThrows(
    () => meter().count(LIMITS.nodes + 1),
    Error,
    "the value: too large: at most 100000",
  );
  meter().size(LIMITS.bytes);
  assertThrows(
    () => meter().size(LIMITS.bytes + 1),
    Error,
    "the value: too large: at most 1048576",
  );
  const deep = meter();
  for (let depth = 0; depth <= LIMITS.depth; depth++) deep.enter();
  assertThrows(() => deep.enter(), Error, "a part: nested too deeply: at most 200 levels");
});

Deno.test("a part that is met again counts its parts again, and as deep as it is there", () => {
  const counting = meter();
  counting.enter();
  const part = counting.enter();
  counting.count(LIMITS.nodes / 2);
  counting.leave();
  assertEquals([part.nodes, part.height, part.depth], [LIMITS.nodes / 2, 0, 1]);
  counting.meet(part);
  assertThrows(() => counting.meet(part), Error, "the value: too large");

  const deep = meter();
  deep.enter();
  const inner = deep.enter();
  for (let depth = 0; depth < 100; depth++) deep.enter();
  for (let depth = 0; depth < 100; depth++) deep.leave();
  deep.leave();
  assertEquals(inner.height, 100);
  for (let depth = 1; depth < 100; depth++) deep.enter();
  deep.meet(inner);
  deep.enter();
  assertThrows(() => deep.meet(inner), Error, "a part: nested too deeply");
});
