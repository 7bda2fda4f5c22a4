import { BOOL, BUF, DWORD, fn, type Handle, handle, library, PTR } from "./memory.ts";

/** The functions of kernel32.dll. */
export const kernel32 = library("kernel32.dll", {
  // errhandlingapi.h
  GetLastError: fn(DWORD),
  // processthreadsapi.h
  GetCurrentProcess: fn(PTR),
  TerminateProcess: fn(BOOL, PTR, DWORD),
  OpenProcess: fn(PTR, DWORD, BOOL, DWORD),
  GetProcessTimes: fn(BOOL, PTR, BUF, BUF, BUF, BUF),
  // psapi.h
  K32GetProcessMemoryInfo: fn(BOOL, PTR, BUF, DWORD),
  // synchapi.h
  WaitForSingleObject: fn(DWORD, PTR, DWORD),
  OpenMutexW: fn(PTR, DWORD, BOOL, BUF),
  // handleapi.h
  CloseHandle: fn(BOOL, PTR),
  // winbase.h
  LocalFree: fn(PTR, PTR),
  // fileapi.h
  GetLogicalDrives: fn(DWORD),
  GetDriveTypeW: fn(DWORD, BUF),
  GetDiskFreeSpaceExW: fn(BOOL, BUF, BUF, BUF, BUF),
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
