import { check, lastError, WindowsError } from "./ffi/errors.ts";
import { kernel32, kernelHandle } from "./ffi/kernel32.ts";
import { allocate, dwordIn, fromWide } from "./ffi/memory.ts";

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
