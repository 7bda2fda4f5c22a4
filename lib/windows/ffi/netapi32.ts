import { BUF, DWORD, fn, library, PTR } from "./memory.ts";

/** The functions of netapi32.dll (lmaccess.h, lmapibuf.h). Each returns an error code of Windows. */
export const netapi32 = library("netapi32.dll", {
  NetLocalGroupGetMembers: fn(DWORD, PTR, BUF, DWORD, BUF, DWORD, BUF, BUF, PTR),
  NetUserGetLocalGroups: fn(DWORD, PTR, BUF, DWORD, DWORD, BUF, DWORD, BUF, BUF),
  NetApiBufferFree: fn(DWORD, PTR),
});
