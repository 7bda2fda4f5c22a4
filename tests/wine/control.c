// Sends a service a control that neither sc nor net sends everywhere, and prints how it stands after that:
//
//     control.exe NAME CODE
//     control.exe NAME hold       keeps the service open for 5 s, as services.msc does, and so from being deleted
//
// CODE: 2 pause, 3 continue, 4 interrogate, any other that ControlService takes; 0 sends nothing and asks the
// service control manager. Printed are seven numbers: Windows' error code, then of SERVICE_STATUS the current state,
// the controls accepted, the Win32 exit code, the service's own, the checkpoint and the wait hint; an eighth is how
// many milliseconds the service took to answer.
//
// Build: x86_64-w64-mingw32-gcc -O2 -municode -o control.exe control.c -ladvapi32
//    or: cl /O2 /Fe:control.exe control.c advapi32.lib
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define HOLD 5000

int wmain(int count, wchar_t **arguments) {
  if (count != 3) {
    fprintf(stderr, "Usage: control.exe NAME CODE\n");
    return 1;
  }
  SERVICE_STATUS status = {0};
  DWORD code = _wtoi(arguments[2]);
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = OpenServiceW(manager, arguments[1], SERVICE_ALL_ACCESS);
  if (!wcscmp(arguments[2], L"hold")) {
    puts("held");
    fflush(stdout);
    Sleep(HOLD);
    return 0;
  }
  ULONGLONG start = GetTickCount64();
  BOOL done = service && (code ? ControlService(service, code, &status) : QueryServiceStatus(service, &status));
  printf("%lu %lu %lu %lu %lu %lu %lu %llu\n", done ? 0 : GetLastError(), status.dwCurrentState,
         status.dwControlsAccepted, status.dwWin32ExitCode, status.dwServiceSpecificExitCode,
         status.dwCheckPoint, status.dwWaitHint, GetTickCount64() - start);
  return !done;
}
