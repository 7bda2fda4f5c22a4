// A stand-in for NSSM (https://nssm.cc), as far as the agent needs it:
//
//     nssm install NAME PROGRAM      nssm set NAME PARAMETER… VALUE      nssm get NAME PARAMETER…
//
// Each call is a line in nssm.log beside the exe, its words parted by tabs. As a service it runs what it was told in
// a console of its own, stops that by Ctrl+C, and ends it when AppStopMethodConsole ms have gone by. Like NSSM it keeps
// its settings below the service's key, and prints UTF-16.
//
// Build: x86_64-w64-mingw32-gcc -O2 -municode -o nssm.exe nssm.c -ladvapi32
//    or: cl /O2 /Fe:nssm.exe nssm.c advapi32.lib
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define LENGTH 2000

static SERVICE_STATUS_HANDLE handle;
static HANDLE stop;
static wchar_t service[300];

static void own_path(wchar_t *path) {
  GetModuleFileNameW(NULL, path, LENGTH);
}

static void record(int count, wchar_t **arguments) {
  wchar_t path[LENGTH + 20];
  own_path(path);
  wcscpy(wcsrchr(path, L'\\') + 1, L"nssm.log");
  FILE *file = _wfopen(path, L"ab");
  for (int i = 1; i < count; i++) {
    char text[3 * LENGTH];
    WideCharToMultiByte(CP_UTF8, 0, arguments[i], -1, text, sizeof text, NULL, NULL);
    fprintf(file, "%s%s", text, i + 1 < count ? "\t" : "\n");
  }
  fclose(file);
}

static HKEY parameters(const wchar_t *name) {
  wchar_t path[LENGTH];
  HKEY key;
  swprintf(path, LENGTH, L"SYSTEM\\CurrentControlSet\\Services\\%ls\\Parameters", name);
  return RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL) ? NULL : key;
}

static void write_parameter(const wchar_t *name, const wchar_t *parameter, const wchar_t *value) {
  RegSetValueExW(parameters(name), parameter, 0, REG_EXPAND_SZ, (const BYTE *)value,
                 2 * (wcslen(value) + 1));
}

static const wchar_t *read_parameter(const wchar_t *name, const wchar_t *parameter) {
  static wchar_t value[LENGTH];
  DWORD size = sizeof value;
  value[0] = 0;
  RegQueryValueExW(parameters(name), parameter, NULL, NULL, (BYTE *)value, &size);
  return value;
}

static int install(const wchar_t *name, const wchar_t *program) {
  wchar_t path[LENGTH], quoted[LENGTH + 2];
  own_path(path);
  swprintf(quoted, LENGTH + 2, L"\"%ls\"", path);
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
  SC_HANDLE made = CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                                  SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, quoted, NULL, NULL, NULL,
                                  NULL, NULL);
  if (!made) return 5;
  write_parameter(name, L"Application", program);
  CloseServiceHandle(made);
  return 0;
}

// AppExit has a word of its own before its value.
static int value_at(const wchar_t *parameter) {
  return wcscmp(parameter, L"AppExit") ? 4 : 5;
}

static void full_name(wchar_t **arguments, wchar_t *name) {
  wcscpy(name, arguments[3]);
  if (value_at(arguments[3]) == 5) wcscat(wcscat(name, L" "), arguments[4]);
}

static void report(DWORD state) {
  SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS, .dwCurrentState = state};
  status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0;
  status.dwWaitHint = state == SERVICE_STOP_PENDING ? 20000 : 0;
  SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context) {
  (void)type; (void)data; (void)context;
  if (code == SERVICE_CONTROL_STOP) {
    report(SERVICE_STOP_PENDING);
    SetEvent(stop);
  }
  return NO_ERROR;
}

static HANDLE run(void) {
  wchar_t line[2 * LENGTH], folder[LENGTH];
  swprintf(line, 2 * LENGTH, L"\"%ls\" ", read_parameter(service, L"Application"));
  wcscat(line, read_parameter(service, L"AppParameters"));
  wcscpy(folder, read_parameter(service, L"AppDirectory"));
  STARTUPINFOW with = {.cb = sizeof with};
  PROCESS_INFORMATION started = {0};
  CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, folder, &with, &started);
  return started.hProcess;
}

static void WINAPI service_main(DWORD count, wchar_t **arguments) {
  (void)count;
  wcsncpy(service, arguments[0], 256);
  handle = RegisterServiceCtrlHandlerExW(service, control, NULL);
  stop = CreateEventW(NULL, TRUE, FALSE, NULL);
  AllocConsole();
  HANDLE program = run();
  SetConsoleCtrlHandler(NULL, TRUE);
  report(program ? SERVICE_RUNNING : SERVICE_STOPPED);
  HANDLE both[] = {stop, program};
  WaitForMultipleObjects(2, both, FALSE, INFINITE);
  GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
  DWORD patience = _wtoi(read_parameter(service, L"AppStopMethodConsole"));
  if (WaitForSingleObject(program, patience) == WAIT_TIMEOUT) TerminateProcess(program, 1);
  report(SERVICE_STOPPED);
}

int wmain(int count, wchar_t **arguments) {
  if (count < 4) {
    SERVICE_TABLE_ENTRYW table[] = {{L"nssm", service_main}, {NULL, NULL}};
    return StartServiceCtrlDispatcherW(table) ? 0 : 1;
  }
  record(count, arguments);
  if (!wcscmp(arguments[1], L"install")) return install(arguments[2], arguments[3]);
  wchar_t name[LENGTH];
  full_name(arguments, name);
  if (!wcscmp(arguments[1], L"set")) {
    int at = value_at(arguments[3]);
    write_parameter(arguments[2], name, at < count ? arguments[at] : L"");
    return 0;
  }
  const wchar_t *value = read_parameter(arguments[2], name);
  fwrite(value, 2, wcslen(value), stdout);
  fwrite(L"\r\n", 2, 2, stdout);
  return 0;
}
