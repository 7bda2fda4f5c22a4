import { assertEquals } from "@std/assert";
import { endStuckService, processTree } from "../../lib/windows/processes.ts";

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

Deno.test("of a service whose process may not be ended it is said why", () => {
  const status = { state: 3, pid: 7, exitCode: 0, ownCode: 0 } as const;
  const cases: [status: Parameters<typeof endStuckService>[0], why: string][] = [
    [undefined, "it has no process"],
    [{ ...status, pid: 0 }, "it has no process"],
    [{ ...status, state: 4 }, "it is in no pending state any more"],
    [{ ...status, sharesProcess: true }, "other services may run in its process"],
  ];
  for (const [status, why] of cases) assertEquals(endStuckService(status), why);
});
