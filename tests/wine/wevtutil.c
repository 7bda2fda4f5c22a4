// Stands in for wevtutil.exe, which prints nothing under Wine: prints C:\wevtutil.xml, whatever it is asked for, and
// leaves its arguments in C:\wevtutil.txt, one a line.
//
// Build: x86_64-w64-mingw32-gcc -O2 -municode -o wevtutil.exe wevtutil.c
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <stdio.h>

int wmain(int count, wchar_t **arguments) {
  FILE *asked = fopen("C:\\wevtutil.txt", "wb");
  for (int i = 1; asked && i < count; i++) fprintf(asked, "%ls\n", arguments[i]);
  if (asked) fclose(asked);
  HANDLE from = CreateFileW(L"C:\\wevtutil.xml", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
  if (from == INVALID_HANDLE_VALUE) return 2;
  char bytes[4096];
  DWORD read, written;
  while (ReadFile(from, bytes, sizeof bytes, &read, NULL) && read > 0) {
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, read, &written, NULL);
  }
  return 0;
}
