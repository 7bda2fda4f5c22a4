import { kernel32 } from "./kernel32.ts";
import { BOOL, BUF, DWORD, fn, library, PTR } from "./memory.ts";

const WORD = "u16";

const reportEvent = fn(BOOL, PTR, WORD, WORD, DWORD, PTR, WORD, DWORD, BUF, PTR);

const open = library("advapi32.dll", {
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
export function advapi32(): ReturnType<typeof open> {
  kernel32();
  return open();
}
