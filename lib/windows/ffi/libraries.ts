/**
 * The libraries of Windows and the signatures of their functions.
 *
 * @module
 */
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
export function kernelHandle<P extends Deno.PointerValue>(pointer: P): Handle<P> {
  return handle(pointer, kernel32().CloseHandle);
}

const WORD = "u16";

const reportEvent = fn(BOOL, PTR, WORD, WORD, DWORD, PTR, WORD, DWORD, BUF, PTR);

const openAdvapi32 = library("advapi32.dll", {
  // winsvc.h
  OpenSCManagerW: fn(PTR, PTR, PTR, DWORD),
  OpenServiceW: fn(PTR, PTR, BUF, DWORD),
  CloseServiceHandle: fn(BOOL, PTR),
  CreateServiceW: fn(PTR, PTR, BUF, BUF, DWORD, DWORD, DWORD, DWORD, BUF, PTR, PTR, PTR, BUF, BUF),
  ChangeServiceConfigW: fn(BOOL, PTR, DWORD, DWORD, DWORD, BUF, PTR, PTR, PTR, BUF, BUF, BUF),
  ChangeServiceConfig2W: fn(BOOL, PTR, DWORD, BUF),
  QueryServiceConfigW: fn(BOOL, PTR, BUF, DWORD, BUF),
  QueryServiceConfig2W: fn(BOOL, PTR, DWORD, BUF, DWORD, BUF),
  QueryServiceStatusEx: fn(BOOL, PTR, DWORD, BUF, DWORD, BUF),
  EnumServicesStatusW: fn(BOOL, PTR, DWORD, DWORD, BUF, DWORD, BUF, BUF, BUF),
  StartServiceW: fn(BOOL, PTR, DWORD, PTR),
  ControlService: fn(BOOL, PTR, DWORD, BUF),
  DeleteService: fn(BOOL, PTR),
  StartServiceCtrlDispatcherW: { ...fn(BOOL, BUF), nonblocking: true },
  RegisterServiceCtrlHandlerExW: fn(PTR, BUF, "function", PTR),
  SetServiceStatus: fn(BOOL, PTR, BUF),
  // winreg.h
  RegCreateKeyExW: fn(DWORD, PTR, BUF, DWORD, PTR, DWORD, DWORD, PTR, BUF, PTR),
  RegSetValueExW: fn(DWORD, PTR, BUF, DWORD, DWORD, BUF, DWORD),
  RegGetValueW: fn(DWORD, PTR, BUF, BUF, DWORD, BUF, BUF, BUF),
  RegCloseKey: fn(DWORD, PTR),
  RegDeleteKeyW: fn(DWORD, PTR, BUF),
  // winbase.h: the event log; the second form does not leave this thread
  RegisterEventSourceW: fn(PTR, PTR, BUF),
  DeregisterEventSource: fn(BOOL, PTR),
  ReportEventW: { ...reportEvent, nonblocking: true },
  ReportEventNow: { ...reportEvent, name: "ReportEventW" },
  // securitybaseapi.h, sddl.h, aclapi.h
  GetSecurityDescriptorDacl: fn(BOOL, PTR, BUF, BUF, BUF),
  GetSecurityDescriptorOwner: fn(BOOL, PTR, BUF, BUF),
  SetFileSecurityW: fn(BOOL, BUF, DWORD, PTR),
  ConvertSidToStringSidW: fn(BOOL, PTR, BUF),
  ConvertStringSidToSidW: fn(BOOL, BUF, BUF),
  ConvertSecurityDescriptorToStringSecurityDescriptorW: fn(BOOL, PTR, DWORD, DWORD, BUF, PTR),
  ConvertStringSecurityDescriptorToSecurityDescriptorW: fn(BOOL, BUF, DWORD, BUF, PTR),
  GetNamedSecurityInfoW: fn(DWORD, BUF, DWORD, DWORD, BUF, PTR, BUF, PTR, BUF),
  SetNamedSecurityInfoW: fn(DWORD, BUF, DWORD, DWORD, PTR, PTR, PTR, PTR),
  // processthreadsapi.h, securitybaseapi.h, winbase.h: accounts
  OpenProcessToken: fn(BOOL, PTR, DWORD, BUF),
  GetTokenInformation: fn(BOOL, PTR, DWORD, BUF, DWORD, BUF),
  LookupPrivilegeValueW: fn(BOOL, PTR, BUF, BUF),
  AdjustTokenPrivileges: fn(BOOL, PTR, BOOL, BUF, DWORD, PTR, PTR),
  LookupAccountNameW: fn(BOOL, PTR, BUF, BUF, BUF, BUF, BUF, BUF),
  LookupAccountSidW: fn(BOOL, PTR, PTR, BUF, BUF, BUF, BUF, BUF),
  // ntsecapi.h
  LsaOpenPolicy: fn(DWORD, PTR, BUF, DWORD, BUF),
  LsaAddAccountRights: fn(DWORD, PTR, BUF, BUF, DWORD),
  LsaEnumerateAccountsWithUserRight: fn(DWORD, PTR, BUF, BUF, BUF),
  LsaFreeMemory: fn(DWORD, PTR),
  LsaNtStatusToWinError: fn(DWORD, DWORD),
  LsaClose: fn(DWORD, PTR),
});

/**
 * The functions of advapi32.dll. kernel32.dll is opened before it: opening it after a call that failed would replace the
 * thread's last error.
 */
export function advapi32(): ReturnType<typeof openAdvapi32> {
  kernel32();
  return openAdvapi32();
}

/** The functions of iphlpapi.dll. */
export const iphlpapi = library("iphlpapi.dll", {
  // iphlpapi.h
  GetExtendedTcpTable: fn(DWORD, BUF, BUF, BOOL, DWORD, DWORD, DWORD),
});

/** The functions of netapi32.dll (lmaccess.h, lmapibuf.h). Each returns an error code of Windows. */
export const netapi32 = library("netapi32.dll", {
  NetLocalGroupGetMembers: fn(DWORD, PTR, BUF, DWORD, BUF, DWORD, BUF, BUF, PTR),
  NetUserGetLocalGroups: fn(DWORD, PTR, BUF, DWORD, DWORD, BUF, DWORD, BUF, BUF),
  NetApiBufferFree: fn(DWORD, PTR),
});
