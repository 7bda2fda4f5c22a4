// Runs one program in a console of its own, as a person at a keyboard would, and presses keys on it.
//
//     console.exe SECONDS PROGRAM [ARGUMENT…]
//
// PROGRAM gets no input; after SECONDS it is ended. Everything else goes through files in the current folder:
//
//     stdout, stderr        what PROGRAM prints
//     exit                  its exit code, in full (a Linux shell would see it modulo 256), once it has ended
//     ctrl-c, ctrl-break    whoever makes such a file presses these keys; it is removed when they have been
//     kill                  ends PROGRAM at once
//
// Exits with 0 when PROGRAM ran, whatever became of it, and 1 when it could not be started.
// Build: x86_64-w64-mingw32-gcc -O2 -municode -o console.exe console.c
//    or: cl /O2 /Fe:console.exe console.c
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL 20
#define KILLED 9

// What follows the first argument of a command line, with its quotes as they came.
static wchar_t *after_argument(wchar_t *line) {
  BOOL quoted = FALSE;
  for (; *line && (quoted || *line != L' '); line++) {
    if (*line == L'"') quoted = !quoted;
  }
  while (*line == L' ') line++;
  return line;
}

static HANDLE inherited(const wchar_t *path, DWORD access, DWORD disposition) {
  SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
  return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                     &inherit, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}

static HANDLE start(wchar_t *command, DWORD *pid) {
  STARTUPINFOW with = {.cb = sizeof with, .dwFlags = STARTF_USESTDHANDLES};
  with.hStdInput = inherited(L"NUL", GENERIC_READ, OPEN_EXISTING);
  with.hStdOutput = inherited(L"stdout", GENERIC_WRITE, CREATE_ALWAYS);
  with.hStdError = inherited(L"stderr", GENERIC_WRITE, CREATE_ALWAYS);
  PROCESS_INFORMATION started;
  // no process group of its own: such a group ignores Ctrl+C
  if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &with, &started)) {
    fprintf(stderr, "Cannot start %ls: error %lu\n", command, GetLastError());
    exit(1);
  }
  *pid = started.dwProcessId;
  return started.hProcess;
}

// Wine answers Ctrl+Break by ending every thread (its server sends SIGQUIT, which means that there). So
// in Wine a thread is started where Windows itself starts one for each key: at CtrlRoutine in the program.
static BOOL press_in_wine(HANDLE program, DWORD event) {
  void *routine = (void *)GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CtrlRoutine");
  HANDLE thread = CreateRemoteThread(program, NULL, 0, (LPTHREAD_START_ROUTINE)routine,
                                     (void *)(ULONG_PTR)event, 0, NULL);
  return thread && CloseHandle(thread);
}

static BOOL in_wine(void) {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

// FALSE: not now, the program has no console yet.
static BOOL press(HANDLE program, DWORD pid, DWORD event) {
  FreeConsole();
  if (!AttachConsole(pid)) return FALSE;
  BOOL done = event == CTRL_BREAK_EVENT && in_wine() ? press_in_wine(program, event)
                                                     : GenerateConsoleCtrlEvent(event, 0);
  return done;
}

// The keys reach every process of the console, and so this one: they are not meant for it.
static BOOL WINAPI ignore(DWORD event) {
  return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

static BOOL asked(const wchar_t *file) {
  return GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES;
}

static void obey(HANDLE program, DWORD pid) {
  if (asked(L"ctrl-c") && press(program, pid, CTRL_C_EVENT)) DeleteFileW(L"ctrl-c");
  if (asked(L"ctrl-break") && press(program, pid, CTRL_BREAK_EVENT)) DeleteFileW(L"ctrl-break");
  if (asked(L"kill")) TerminateProcess(program, KILLED);
}

int wmain(int count, wchar_t **arguments) {
  if (count < 3) {
    fprintf(stderr, "Usage: console.exe SECONDS PROGRAM [ARGUMENT...]\n");
    return 1;
  }
  ULONGLONG end = GetTickCount64() + 1000 * _wtoi64(arguments[1]);
  DWORD pid, code;
  HANDLE program = start(after_argument(after_argument(GetCommandLineW())), &pid);
  SetConsoleCtrlHandler(ignore, TRUE);
  while (WaitForSingleObject(program, POLL) == WAIT_TIMEOUT) {
    obey(program, pid);
    if (GetTickCount64() > end) TerminateProcess(program, KILLED);
  }
  GetExitCodeProcess(program, &code);
  FILE *exit_file = fopen("exit", "w");
  fprintf(exit_file, "%lu", code);
  fclose(exit_file);
  return 0;
}
