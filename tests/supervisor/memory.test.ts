import { assert, assertEquals } from "@std/assert";
import { lookAtMemory, type MemoryState, type ThreadMemory } from "../../lib/supervisor/memory.ts";

const MB = 1024 * 1024;

/** A look as it is given: resident MB, the heartbeats of each thread, and what their heaps hold, MB. */
type Given = [rss: number, beats: number[], heaps?: number[], promptness?: number];

/** What looks at memory have shown, of threads numbered from 0 that may hold 64 MB each. */
function looks(given: Given[], more: Partial<ThreadMemory> = {}): string[] {
  let state: MemoryState<number> = { base: 100 * MB, heaps: new Map() };
  return given.map(([rss, beats, heaps = [], promptness]) => {
    const threads = new Map(beats.map((beats, thread): [number, ThreadMemory] => [thread, {
      beats,
      heap: (heaps[thread] ?? 0) * MB,
      memoryLimit: 64 * MB,
      suspect: true,
      young: false,
      ...more,
    }]));
    const look = lookAtMemory(state, rss * MB, threads, promptness);
    state = look.state;
    return look.ask ? "ask" : look.culprits.join() || "well";
  });
}

Deno.test("who does not answer while memory goes fast is the culprit", () => {
  assertEquals(
    looks([[110, [1, 1]], [300, [1, 1]], [500, [2, 1]], [700, [2, 1]]]),
    ["well", "ask", "well", "1"],
  );
});

Deno.test("when all answer, what the process holds is taken for granted", () => {
  assertEquals(
    looks([[300, [1, 1]], [300, [2, 2]], [300, [2, 2]], [310, [2, 2]], [400, [2, 2]]]),
    ["ask", "well", "well", "well", "ask"],
  );
});

Deno.test("all are asked when a quarter of the lowest limit is taken, counted from where memory was given back to", () => {
  assertEquals(
    looks([[115, [1]], [117, [1]], [117, [2]], [132, [2]], [100, [2]], [117, [2]]]),
    ["well", "ask", "well", "well", "well", "ask"],
  );
});

Deno.test("who does not answer while memory is given back, or grows no more, is left alone", () => {
  assertEquals(looks([[300, [1]], [300, [1]], [120, [1]]]), ["ask", "well", "well"]);
  assertEquals(looks([[300, [1]], [302, [1]], [303, [1]], [303, [1]]]).slice(1), [
    ...["well", "well", "well"],
  ]);
});

Deno.test("who does not answer is not to blame for what the answers of others explain", () => {
  const grows = (answered: number): Given[] => [
    [300, [1, 1], [10, 10]],
    [500, [2, 1], [10 + answered, 10]],
    [700, [3, 1], [10 + answered, 10]],
    [900, [4, 1], [10 + answered, 10]],
  ];
  assertEquals(looks(grows(780)), ["ask", "well", "well", "well"]);
  assertEquals(looks(grows(100)).at(2), "1");
});

Deno.test("what threads take which have just started is no reason to ask", () => {
  const silent = Array.from({ length: 100 }, () => 0);
  const starting = Array.from({ length: 30 }, (_, i): Given => [100 + i * 80, silent]);
  assertEquals(new Set(looks(starting, { young: true })), new Set(["well"]));
  assert(looks(starting).includes("ask"));
});

Deno.test("the more are silent, the longer they are waited for", () => {
  const silent = Array.from({ length: 10 }, () => 0);
  const growing = Array.from({ length: 25 }, (_, i): Given => [600 + i * 100, silent]);
  assertEquals(looks(growing).findIndex((look) => look.startsWith("0,1,2")), 20);
});

Deno.test("after forty looks of silence without growth nobody is waited for any more", () => {
  const quiet = Array.from({ length: 50 }, (): Given => [300, [1]]);
  assertEquals(new Set(looks(quiet).slice(1)), new Set(["well"]));
  assertEquals(looks([...quiet, [320, [1]]]).at(-1), "ask");
});

Deno.test("a thread that cannot answer yet, or is built in, is not to blame", () => {
  const growing = Array.from({ length: 20 }, (_, i): Given => [300 + i * 200, [0]]);
  assert(!looks(growing, { suspect: false }).includes("0"));
  assert(looks(growing).includes("0"));
});

Deno.test("a look that comes late counts less: the threads had no turn either", () => {
  const late = Array.from({ length: 8 }, (_, i): Given => [300 + i * 100, [1], [], 0.25]);
  assertEquals(looks(late), [
    ...["ask", "well", "well", "well", "well", "well", "well", "well"],
  ]);
  assertEquals(looks([...late, [1_200, [1], [], 0.25]]).at(-1), "0");
});
