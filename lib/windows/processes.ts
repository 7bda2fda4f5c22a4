import { attempt } from "../base/mod.ts";
import { check, lastError, WindowsError } from "./ffi/errors.ts";
import { kernel32, kernelHandle } from "./ffi/libraries.ts";
import { allocate, dwordIn, fromWide, type Handle, qwordIn } from "./ffi/memory.ts";
import { isPending, type QueriedStatus } from "./service_status.ts";

/**
 * The ids of a process and of all that it has started, itself first. The id of a process that has ended is given away
 * again, so only what was made after its parent is its child.
 *
 * @param createdAt when a process was made, in any unit; undefined: it is not known, and it is no child.
 */
export function processTree(
  pid: number,
  processes: readonly Pick<Process, "pid" | "parent">[],
  createdAt: (pid: number) => number | undefined,
): number[] {
  const found = [pid];
  for (const parent of found) {
    const since = createdAt(parent) ?? Infinity;
    for (const child of processes) {
      if (child.parent !== parent || found.includes(child.pid)) continue;
      if ((createdAt(child.pid) ?? -Infinity) >= since) found.push(child.pid);
    }
  }
  return found;
}

/**
 * Ends a child of this process with all that it has started; nothing where it is no child of this process.
 *
 * @throws {WindowsError} when the processes cannot be listed.
 */
export function endTree(pid: number): void {
  const all = listProcesses();
  if (all.find((process) => process.pid === pid)?.parent === Deno.pid) endAll(pid, all);
}

/**
 * Ends the process of a service that stays in a pending state, with all that it has started.
 *
 * @returns why it is not ended, as a clause; undefined: it is.
 * @throws {WindowsError} when the processes cannot be listed, or the service manager cannot be asked.
 */
export function endStuckService(status: QueriedStatus | undefined): string | undefined {
  if (!status || status.pid === 0) return "it has no process";
  if (!isPending(status.state)) return "it is in no pending state any more";
  if (status.sharesProcess) return "other services may run in its process";
  endAll(status.pid, listProcesses());
  return undefined;
}

/**
 * The ids of a process and of all that it has started, by {@linkcode processTree}: what may be ended with it.
 *
 * @throws {WindowsError} when the processes cannot be listed.
 */
export function startedBy(pid: number, all: readonly Process[] = listProcesses()): number[] {
  return processTree(pid, all, (pid) => processUsage(pid)?.created);
}

function endAll(pid: number, all: readonly Process[]): void {
  for (const id of startedBy(pid, all)) {
    // One that has ended cannot be killed.
    attempt(() => Deno.kill(id, "SIGKILL"), () => {});
  }
}

/** A process of this machine. */
export interface Process {
  /** Its id. */
  pid: number;
  /** The id of the process that started it. */
  parent: number;
  /** The name of its exe, without the folder. */
  exe: string;
}

// handleapi.h
const INVALID_HANDLE_VALUE = 0xffffffffffffffffn;
// tlhelp32.h
const TH32CS_SNAPPROCESS = 0x2;

const WHAT = "list the processes";

/** Size and offsets of `PROCESSENTRY32W`. */
const PROCESSENTRY32W = { size: 568, pid: 8, parent: 32, exe: 44 } as const;

/**
 * The processes of this machine, as any user may see them.
 *
 * @throws {WindowsError} when they cannot be listed.
 */
export function listProcesses(): Process[] {
  const { CreateToolhelp32Snapshot, Process32FirstW, Process32NextW } = kernel32();
  const made = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  if (Deno.UnsafePointer.value(made) === INVALID_HANDLE_VALUE) {
    throw new WindowsError(lastError(), WHAT);
  }
  using snapshot = kernelHandle(made);
  const entry = allocate(PROCESSENTRY32W.size);
  new DataView(entry.buffer).setUint32(0, entry.length, true);
  const found: Process[] = [];
  let more = check(Process32FirstW(snapshot.pointer, entry), WHAT);
  for (; more !== 0; more = Process32NextW(snapshot.pointer, entry)) {
    found.push({
      pid: dwordIn(entry, PROCESSENTRY32W.pid),
      parent: dwordIn(entry, PROCESSENTRY32W.parent),
      exe: fromWide(entry.subarray(PROCESSENTRY32W.exe)),
    });
  }
  return found;
}

// winnt.h
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;

/** Size of `PROCESS_MEMORY_COUNTERS`, and the offset of `WorkingSetSize`. */
const PROCESS_MEMORY_COUNTERS = { size: 72, workingSet: 16 } as const;

/**
 * What a process uses: bytes of its working set, seconds of processor time; and when it was made, in seconds of
 * Windows' own count; undefined when it may not be asked.
 */
export function processUsage(
  pid: number,
): { memory: number; cpu: number; created: number } | undefined {
  const { OpenProcess, K32GetProcessMemoryInfo, GetProcessTimes } = kernel32();
  const opened = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (opened === null) return undefined;
  using process = kernelHandle(opened);
  const counters = allocate(PROCESS_MEMORY_COUNTERS.size);
  const [created, ended, kernel, user] = [8, 8, 8, 8].map(allocate);
  const { pointer } = process;
  if (K32GetProcessMemoryInfo(pointer, counters, counters.length) === 0) return undefined;
  if (GetProcessTimes(pointer, created!, ended!, kernel!, user!) === 0) return undefined;
  return {
    memory: qwordIn(counters, PROCESS_MEMORY_COUNTERS.workingSet),
    // FILETIME counts 100 ns.
    cpu: (qwordIn(kernel!) + qwordIn(user!)) / 1e7,
    created: qwordIn(created!) / 1e7,
  };
}

// winnt.h, winbase.h
const SYNCHRONIZE = 0x100000;
const WAIT_TIMEOUT = 258;

/** Opens a process, for {@linkcode isAlive}; undefined when it may not be opened, or has ended. */
export function openProcess(pid: number): Handle | undefined {
  const opened = kernel32().OpenProcess(SYNCHRONIZE, 0, pid);
  return opened === null ? undefined : kernelHandle(opened);
}

/** Whether a process that {@linkcode openProcess} has opened still runs. */
export function isAlive(process: Deno.PointerObject): boolean {
  return kernel32().WaitForSingleObject(process, 0) === WAIT_TIMEOUT;
}
