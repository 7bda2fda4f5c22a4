// Holds a file as a viewer, a scanner or a backup does: open to be read, so that others may read and write it, but
// neither rename nor remove it (no FILE_SHARE_DELETE).
//
//     hold.exe PATH UNTIL           prints "held", and holds it until there is a file UNTIL; 10 min at most
//     hold.exe alone:PATH UNTIL     the same, and nobody else may open it
//     hold.exe mutex:NAME UNTIL     the same with a mutex, as Windows Installer does while it is at work
//
// Build: x86_64-w64-mingw32-gcc -O2 -municode -o hold.exe hold.c
//    or: cl /O2 /Fe:hold.exe hold.c
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

int wmain(int count, wchar_t **arguments) {
  if (count != 3) {
    fprintf(stderr, "Usage: hold.exe PATH UNTIL\n");
    return 1;
  }
  int alone = wcsncmp(arguments[1], L"alone:", 6) == 0;
  wchar_t *path = alone ? arguments[1] + 6 : arguments[1];
  DWORD share = alone ? 0 : FILE_SHARE_READ | FILE_SHARE_WRITE;
  HANDLE held = wcsncmp(path, L"mutex:", 6) == 0
    ? CreateMutexW(NULL, TRUE, path + 6)
    : CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL);
  if (held == NULL || held == INVALID_HANDLE_VALUE) {
    fprintf(stderr, "Cannot hold it: %lu\n", GetLastError());
    return 1;
  }
  puts("held");
  fflush(stdout);
  for (int i = 0; i < 12000 && GetFileAttributesW(arguments[2]) == INVALID_FILE_ATTRIBUTES; i++) Sleep(50);
  return 0;
}
