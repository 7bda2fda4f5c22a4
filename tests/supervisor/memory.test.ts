import { assert, assertEquals } from "@std/assert";
import {
  type MemoryShare,
  type MemoryVigil,
  watchGrowth,
  watchMemory,
} from "../../lib/supervisor/memory.ts";

const MB = 1024 * 1024;

/** A look as it is given: resident MB, and the signs of life of each thread. */
type Given = [rss: number, beats: number[], promptness?: number];

/** What looks at memory have shown, of threads numbered from 0 that may hold 64 MB each. */
function looks(given: Given[], share: Partial<MemoryShare> = {}): string[] {
  let vigil: MemoryVigil<number> = { calm: 100 * MB };
  return given.map(([rss, beats, promptness]) => {
    const threads = new Map(
      beats.map((
        beats,
        thread,
      ) => [thread, { beats, memoryLimit: 64 * MB, running: true, young: false, ...share }]),
    );
    const look = watchMemory(vigil, rss * MB, threads, promptness);
    vigil = look.vigil;
    return look.call ? "call" : look.culprits.join() || "well";
  });
}

Deno.test("who does not answer while memory goes fast is the culprit", () => {
  assertEquals(
    looks([[110, [1, 1]], [300, [1, 1]], [500, [2, 1]], [700, [2, 1]]]),
    ["well", "call", "well", "1"],
  );
});

Deno.test("when all answer, more memory is taken for granted", () => {
  assertEquals(
    looks([[300, [1, 1]], [300, [2, 2]], [300, [2, 2]], [310, [2, 2]]]),
    ["call", "well", "well", "well"],
  );
});

Deno.test("who does not answer while memory is given back, or grows no more, is left alone", () => {
  assertEquals(looks([[300, [1]], [300, [1]], [120, [1]]]), ["call", "well", "well"]);
  assertEquals(looks([[300, [1]], [302, [1]], [303, [1]]]), ["call", "well", "well"]);
});

Deno.test("a slow growth calls nobody", () => {
  const slowly = Array.from({ length: 50 }, (_, i): Given => [100 + i * 6, [1, 1]]);
  assertEquals(new Set(looks(slowly)), new Set(["well"]));
});

Deno.test("growth that threads explain which have just started calls nobody, even if none answers", () => {
  const silent = Array.from({ length: 100 }, () => 0);
  const starting = Array.from({ length: 30 }, (_, i): Given => [100 + i * 80, silent]);
  assertEquals(new Set(looks(starting, { young: true })), new Set(["well"]));
  assert(looks(starting).includes("call"));
});

Deno.test("what many threads take and give back by themselves calls nobody", () => {
  const silent = Array.from({ length: 100 }, () => 0);
  assertEquals(looks([[500, silent], [200, silent], [500, silent]]), ["well", "well", "well"]);
  assertEquals(looks([[500, [0]]]), ["call"]);
});

Deno.test("the more are silent, the longer they are waited for", () => {
  const silent = Array.from({ length: 10 }, () => 0);
  const growing = Array.from({ length: 25 }, (_, i): Given => [600 + i * 100, silent]);
  assertEquals(looks(growing).findIndex((look) => look.startsWith("0,1,2")), 20);
});

Deno.test("a thread that does not run yet cannot answer", () => {
  const growing = Array.from({ length: 20 }, (_, i): Given => [300 + i * 200, [0]]);
  assert(!looks(growing, { running: false }).includes("0"));
  assert(looks(growing).includes("0"));
});

Deno.test("a look that comes late counts less: the threads had no turn either", () => {
  const late = Array.from({ length: 8 }, (_, i): Given => [300 + i * 100, [1], 0.25]);
  assertEquals(looks(late), [
    ...["call", "well", "well", "well", "well", "well", "well", "well"],
  ]);
  assertEquals(looks([...late, [1_200, [1], 0.25]]).at(-1), "0");
});

Deno.test("threads are asked what they hold each time that memory has grown by much, and not by what starts explain", () => {
  const asked = (sizes: number[], young: boolean) => {
    const thread = { beats: 0, memoryLimit: 256 * MB, running: true, young };
    let told = 100 * MB;
    return sizes.filter((rss) => {
      const look = watchGrowth(told, rss * MB, [thread, thread]);
      told = look.told;
      return look.ask;
    });
  };
  assertEquals(asked([150, 172, 173, 200, 245, 246, 100, 150, 173], false), [173, 246, 173]);
  assertEquals(asked([173, 204, 205], true), [205]);
});
