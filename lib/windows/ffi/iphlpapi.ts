import { BOOL, BUF, DWORD, fn, library } from "./memory.ts";

/** The functions of iphlpapi.dll. */
export const iphlpapi = library("iphlpapi.dll", {
  // iphlpapi.h
  GetExtendedTcpTable: fn(DWORD, BUF, BUF, BOOL, DWORD, DWORD, DWORD),
});
