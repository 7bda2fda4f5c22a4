// A service that misbehaves on demand: the stand-in for icinga2 in the tests.
//
//     sc create NAME binPath= "C:\folder\standin.exe" start= demand
//
// One exe serves any number of services: each runs as a process of its own and learns its name from the service
// control manager. What it is to do, files beside the exe ask for:
//
//     NAME.crash    stop with the code 1067 (the process ended unexpectedly); the file is removed
//     NAME.pause    become paused; the file is removed
//     NAME.stay     when told to continue, stay paused
//     NAME.broken   end with the code 1067 at every start
//     NAME.slow     take 3 s to start
//     NAME.hang     when told to stop, stay in STOP_PENDING until the file is gone
//
// Build: x86_64-w64-mingw32-gcc -O2 -municode -o standin.exe standin.c
//    or: cl /O2 /Fe:standin.exe standin.c advapi32.lib
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <wchar.h>

#define SLOW_START 3000
#define POLL 50

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status;
static wchar_t name[300];
static volatile LONG stopping;

static void report(DWORD state, DWORD code) {
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwWin32ExitCode = code;
  status.dwControlsAccepted = state == SERVICE_RUNNING || state == SERVICE_PAUSED
    ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE : 0;
  status.dwWaitHint = state == SERVICE_RUNNING || state == SERVICE_STOPPED ? 0 : 10000;
  SetServiceStatus(handle, &status);
}

// The path of a file beside the exe: NAME.fault
static const wchar_t *fault_file(const wchar_t *fault) {
  static wchar_t path[MAX_PATH + 400];
  GetModuleFileNameW(NULL, path, MAX_PATH);
  wchar_t *file = wcsrchr(path, L'\\') + 1;
  wcscpy(file, name);
  wcscat(file, L".");
  wcscat(file, fault);
  return path;
}

static BOOL asked(const wchar_t *fault) {
  return GetFileAttributesW(fault_file(fault)) != INVALID_FILE_ATTRIBUTES;
}

static BOOL asked_once(const wchar_t *fault) {
  return DeleteFileW(fault_file(fault));
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context) {
  (void)type; (void)data; (void)context;
  switch (code) {
    case SERVICE_CONTROL_STOP:
      report(SERVICE_STOP_PENDING, 0);
      InterlockedExchange(&stopping, 1);
      return NO_ERROR;
    case SERVICE_CONTROL_PAUSE:
      report(SERVICE_PAUSED, 0);
      return NO_ERROR;
    case SERVICE_CONTROL_CONTINUE:
      report(asked(L"stay") ? SERVICE_PAUSED : SERVICE_RUNNING, 0);
      return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

static void WINAPI service_main(DWORD count, wchar_t **arguments) {
  (void)count;
  wcsncpy(name, arguments[0], 256);
  handle = RegisterServiceCtrlHandlerExW(name, control, NULL);
  report(SERVICE_START_PENDING, 0);
  if (asked(L"slow")) Sleep(SLOW_START);
  if (asked(L"broken")) {
    report(SERVICE_STOPPED, ERROR_PROCESS_ABORTED);
    return;
  }
  report(SERVICE_RUNNING, 0);
  while (!(stopping && !asked(L"hang"))) {
    if (asked_once(L"crash")) {
      report(SERVICE_STOPPED, ERROR_PROCESS_ABORTED);
      return;
    }
    if (asked_once(L"pause")) report(SERVICE_PAUSED, 0);
    Sleep(POLL);
  }
  report(SERVICE_STOPPED, 0);
}

int wmain(void) {
  // the name in this table does not count for a service with a process of its own
  SERVICE_TABLE_ENTRYW table[] = {{L"standin", service_main}, {NULL, NULL}};
  return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}
