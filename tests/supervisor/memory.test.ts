import { assertEquals } from "@std/assert";
import { type MemoryVigil, watchMemory } from "../../lib/supervisor/memory.ts";

/** What looks at memory have shown, each given as resident MB and the signs of life of threads a and b. */
function looks(memoryLimit: number, ...given: [rss: number, a: number, b: number][]): string[] {
  let vigil: MemoryVigil<string> = { calm: 100, looks: 0 };
  return given.map(([rss, a, b]) => {
    const threads = new Map([["a", { beats: a, memoryLimit }], ["b", { beats: b, memoryLimit }]]);
    const look = watchMemory(vigil, rss, threads);
    vigil = look.vigil;
    return look.call ? "call" : look.culprits.join() || "well";
  });
}

Deno.test("who does not answer while memory goes fast is the culprit", () => {
  assertEquals(
    looks(64, [110, 1, 1], [300, 1, 1], [500, 2, 1], [700, 2, 1]),
    ["well", "call", "well", "b"],
  );
});

Deno.test("when all answer, more memory is taken for granted", () => {
  assertEquals(
    looks(64, [300, 1, 1], [300, 2, 2], [300, 2, 2], [300, 2, 2], [310, 2, 2]),
    ["call", "well", "well", "well", "well"],
  );
});

Deno.test("who does not answer while memory is given back is left alone", () => {
  assertEquals(looks(64, [300, 1, 1], [300, 1, 1], [120, 1, 1]), ["call", "well", "well"]);
});

Deno.test("who does not answer while memory stands is left alone: the machine is busy", () => {
  assertEquals(looks(64, [300, 1, 1], [301, 1, 1], [302, 1, 1]), ["call", "well", "well"]);
});

Deno.test("a slow growth calls nobody", () => {
  const slowly = Array.from(
    { length: 50 },
    (_, i): [number, number, number] => [100 + i * 6, 1, 1],
  );
  assertEquals(new Set(looks(64, ...slowly)), new Set(["well"]));
});
