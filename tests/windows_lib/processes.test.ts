import { assertEquals } from "@std/assert";
import { processTree } from "../../lib/windows/processes.ts";

Deno.test("a process's tree is what it has started, and that again, but nothing older than its parent", () => {
  // By process: its parent, and when it was made.
  const all: Record<number, [parent: number, created: number | undefined]> = {
    1: [0, 10],
    2: [1, 20],
    3: [2, 20],
    4: [2, 31],
    // Its parent had the id 2 before.
    5: [2, 19],
    6: [5, 40],
    7: [1, undefined],
    8: [9, 50],
    // A circle, as ids are given away again.
    9: [8, 50],
  };
  const processes = Object.entries(all).map(([pid, [parent]]) => ({ pid: +pid, parent }));
  const tree = (pid: number) => processTree(pid, processes, (pid) => all[pid]?.[1]);
  assertEquals(tree(1), [1, 2, 3, 4]);
  assertEquals(tree(2), [2, 3, 4]);
  assertEquals(tree(6), [6]);
  assertEquals(tree(7), [7]);
  assertEquals(tree(8), [8, 9]);
});
