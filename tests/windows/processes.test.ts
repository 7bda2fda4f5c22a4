import { assertEquals, assertThrows } from "@std/assert";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { dwordIn, wide } from "../../lib/windows/ffi/memory.ts";
import {
  endStuckService,
  endTree,
  listProcesses,
  processTree,
  processUsage,
} from "../../lib/windows/processes.ts";
import { behind, fail, failNull, fakeWindows, handleOf, leftOpen, put } from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A process of the fake machine: `created` as FILETIME counts, in 100 ns. */
interface Running {
  parent: number;
  exe: string;
  created: number;
}

const running = new Map<number, Running>();
/** The process that nobody may ask. */
let closed: number | undefined;
let canList = true;

const fill = (entry: Bytes, list: number[]) => {
  const pid = list.shift();
  // PROCESSENTRY32W tells its own size.
  if (pid === undefined || dwordIn(entry) !== 568 || entry.length !== 568) return fail(18);
  const { parent, exe } = running.get(pid)!;
  put(entry, 568, 0, pid, 0, 0, 0, 0, 1, parent);
  entry.set(wide(exe), 44);
  return 1;
};
const time = (room: Bytes, value: number) =>
  new DataView(room.buffer).setBigUint64(0, BigInt(value), true);

fakeWindows({
  CreateToolhelp32Snapshot: (kinds: number, pid: number) =>
    kinds === 2 && pid === 0 && canList
      ? handleOf("CloseHandle", [...running.keys()])
      : (fail(5), Deno.UnsafePointer.create(0xffffffffffffffffn)),
  Process32FirstW: (list: Deno.PointerValue, entry: Bytes) => fill(entry, behind(list)),
  Process32NextW: (list: Deno.PointerValue, entry: Bytes) => fill(entry, behind(list)),
  OpenProcess: (access: number, inherits: number, pid: number) =>
    access === 0x1000 && inherits === 0 && running.has(pid) && pid !== closed
      ? handleOf("CloseHandle", pid)
      : failNull(5),
  K32GetProcessMemoryInfo(process: Deno.PointerValue, counters: Bytes, size: number) {
    if (size !== 72 || counters.length !== 72 || behind(process) === 13) return 0;
    // PROCESS_MEMORY_COUNTERS: the peak of the working set stands before it.
    new BigUint64Array(counters.buffer).set([72n, 9_000_000n, 5_000_000_000n], 0);
    return 1;
  },
  GetProcessTimes(
    ...[process, created, ended, kernel, user]: [Deno.PointerValue, Bytes, Bytes, Bytes, Bytes]
  ) {
    if (behind(process) === 14) return 0;
    time(created, running.get(behind(process))!.created);
    time(ended, 77);
    time(kernel, 30_000_000);
    time(user, 12_000_000);
    return 1;
  },
});

/** A case on a machine with these processes: each with its parent, its exe and when it was made, s. */
function processTest(
  name: string,
  processes: Record<number, [parent: number, exe: string, created: number]>,
  test: () => void,
): void {
  Deno.test(name, () => {
    running.clear();
    for (const [pid, [parent, exe, created]] of Object.entries(processes)) {
      running.set(Number(pid), { parent, exe, created: created * 1e7 });
    }
    [closed, canList] = [undefined, true];
    test();
    assertEquals(leftOpen(), []);
  });
}

/** Which processes are ended by `end`; one that ends by itself meanwhile is no error. */
function ended(end: () => unknown): number[] {
  const { kill } = Deno;
  const killed: number[] = [];
  Deno.kill = (pid, signal) => {
    if (pid === 12) throw new Deno.errors.NotFound("it has ended");
    assertEquals(signal, "SIGKILL");
    killed.push(pid);
  };
  try {
    end();
  } finally {
    Deno.kill = kill;
  }
  return killed;
}

const tree = {
  10: [Deno.pid, "net.exe", 100],
  12: [10, "gone.exe", 101],
  11: [10, "net1.exe", 101],
  9: [10, "older.exe", 99],
  30: [2, "other.exe", 100],
} satisfies Parameters<typeof processTest>[1];

processTest("the processes are listed with their parents and exes", tree, () => {
  assertEquals(listProcesses().slice(0, 2), [
    { pid: 9, parent: 10, exe: "older.exe" },
    { pid: 10, parent: Deno.pid, exe: "net.exe" },
  ]);
  assertEquals(listProcesses().length, 5);
  canList = false;
  assertThrows(listProcesses, WindowsError, "Cannot list the processes: access is denied");
});

processTest("a list without a process is an error of Windows", {}, () => {
  assertThrows(listProcesses, WindowsError, "Cannot list the processes");
});

processTest("a child is ended with what it has started, and another's child is not", tree, () => {
  assertEquals(ended(() => endTree(10)), [10, 11]);
  assertEquals([ended(() => endTree(30)), ended(() => endTree(99))], [[], []]);
});

processTest(
  "the process of a service that is stuck is ended with what it has started",
  tree,
  () => {
    const status = { state: 3, pid: 10, exitCode: 0, ownCode: 0 } as const;
    assertEquals(ended(() => assertEquals(endStuckService(status), undefined)), [10, 11]);
  },
);

processTest("what a process uses is told, unless it may not be asked", {
  10: [1, "a.exe", 100],
  13: [1, "b.exe", 100],
  14: [1, "c.exe", 100],
}, () => {
  assertEquals(processUsage(10), { memory: 5_000_000_000, cpu: 4.2, created: 100 });
  closed = 10;
  assertEquals([10, 13, 14, 99].map(processUsage), [undefined, undefined, undefined, undefined]);
});

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
