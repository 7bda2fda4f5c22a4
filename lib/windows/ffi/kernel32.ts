import { allocate, dwordIn, fromWide } from "./memory.ts";
import { BOOL, BUF, DWORD, fn, type Handle, handle, library, PTR } from "./library.ts";

/** The functions of kernel32.dll. */
export const kernel32 = library("kernel32.dll", {
  // errhandlingapi.h
  GetLastError: fn(DWORD),
  // processthreadsapi.h
  GetCurrentProcess: fn(PTR),
  TerminateProcess: fn(BOOL, PTR, DWORD),
  // handleapi.h
  CloseHandle: fn(BOOL, PTR),
  // winbase.h
  LocalFree: fn(PTR, PTR),
  // tlhelp32.h
  CreateToolhelp32Snapshot: fn(PTR, DWORD, DWORD),
  Process32FirstW: fn(BOOL, PTR, BUF),
  Process32NextW: fn(BOOL, PTR, BUF),
});

/** Memory that Windows allocated, freed with `LocalFree`. */
export function localMemory(pointer: Deno.PointerValue): Handle<Deno.PointerValue> {
  return handle(pointer, kernel32().LocalFree);
}

/** A handle of the kernel, closed with `CloseHandle`. */
export function kernelHandle(pointer: Deno.PointerValue): Handle<Deno.PointerValue> {
  return handle(pointer, kernel32().CloseHandle);
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

// tlhelp32.h
const TH32CS_SNAPPROCESS = 0x2;
/** Size and offsets of `PROCESSENTRY32W`. */
const PROCESSENTRY32W = { size: 568, pid: 8, parent: 32, exe: 44 } as const;

/** The processes of this machine, as any user may see them. */
export function listProcesses(): Process[] {
  const { CreateToolhelp32Snapshot, Process32FirstW, Process32NextW } = kernel32();
  using snapshot = kernelHandle(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  const entry = allocate(PROCESSENTRY32W.size);
  new DataView(entry.buffer).setUint32(0, entry.length, true);
  const found: Process[] = [];
  let more = Process32FirstW(snapshot.pointer, entry);
  for (; more !== 0; more = Process32NextW(snapshot.pointer, entry)) {
    found.push({
      pid: dwordIn(entry, PROCESSENTRY32W.pid),
      parent: dwordIn(entry, PROCESSENTRY32W.parent),
      exe: fromWide(entry.subarray(PROCESSENTRY32W.exe)),
    });
  }
  return found;
}
