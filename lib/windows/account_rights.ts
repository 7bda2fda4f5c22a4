/**
 * Accounts and their rights, by FFI.
 *
 * @module
 */
import { LOCAL_SYSTEM, virtualSid } from "./account.ts";
import {
  allocate,
  check,
  checkPointer,
  lazy,
  pointerIn,
  prepareErrors,
  referring,
  wide,
  wideAt,
  WindowsError,
} from "./ffi.ts";

const TOKEN_QUERY = 0x8;
const TOKEN_USER = 1;
const POLICY_CREATE_ACCOUNT = 0x10;
const POLICY_LOOKUP_NAMES = 0x800;

/** SECURITY_MAX_SID_SIZE (winnt.h), bytes. */
const MAX_SID = 68;

const advapi32 = lazy(() => {
  prepareErrors();
  return Deno.dlopen("advapi32.dll", {
    OpenProcessToken: { parameters: ["pointer", "u32", "buffer"], result: "i32" },
    GetTokenInformation: {
      parameters: ["pointer", "u32", "buffer", "u32", "buffer"],
      result: "i32",
    },
    ConvertSidToStringSidW: { parameters: ["pointer", "buffer"], result: "i32" },
    LookupAccountNameW: {
      parameters: ["pointer", "buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
      result: "i32",
    },
    LsaOpenPolicy: { parameters: ["pointer", "buffer", "u32", "buffer"], result: "u32" },
    LsaAddAccountRights: { parameters: ["pointer", "buffer", "buffer", "u32"], result: "u32" },
    LsaNtStatusToWinError: { parameters: ["u32"], result: "u32" },
    LsaClose: { parameters: ["pointer"], result: "u32" },
  }).symbols;
});

const kernel32 = lazy(() =>
  Deno.dlopen("kernel32.dll", {
    GetCurrentProcess: { parameters: [], result: "pointer" },
    CloseHandle: { parameters: ["pointer"], result: "i32" },
    LocalFree: { parameters: ["pointer"], result: "pointer" },
  }).symbols
);

/** The security identifier of the account that this process runs as. */
export function currentUser(): string {
  const handle = allocate(8), user = allocate(16 + MAX_SID);
  const { OpenProcessToken, GetTokenInformation } = advapi32();
  check(OpenProcessToken(kernel32().GetCurrentProcess(), TOKEN_QUERY, handle), "read this user");
  const token = pointerIn(handle);
  try {
    check(
      GetTokenInformation(token, TOKEN_USER, user, user.length, allocate(4)),
      "read this user",
    );
  } finally {
    kernel32().CloseHandle(token);
  }
  return sidText(pointerIn(user));
}

/**
 * The security identifier of an account.
 *
 * @throws {WindowsError} when there is none of this name.
 */
export function sidOf(account: string): string {
  if (account === LOCAL_SYSTEM) return "S-1-5-18";
  return virtualSid(account) ?? sidText(Deno.UnsafePointer.of(lookUp(account)));
}

/** Lets an account log on as a service, as services.msc does when it is told an account. */
export function grantServiceLogon(account: string): void {
  const what = `let '${account}' log on as a service`;
  const sid = lookUp(account);
  const attributes = allocate(48), handle = allocate(8);
  new DataView(attributes.buffer).setUint32(0, attributes.length, true);
  const access = POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES;
  checkStatus(advapi32().LsaOpenPolicy(null, attributes, access, handle), what);
  const policy = checkPointer(pointerIn(handle), what);
  const right = wide("SeServiceLogonRight");
  try {
    checkStatus(advapi32().LsaAddAccountRights(policy, sid, unicodeString(right), 1), what);
  } finally {
    advapi32().LsaClose(policy);
  }
}

function lookUp(account: string): Uint8Array<ArrayBuffer> {
  const sid = allocate(MAX_SID), sidSize = allocate(4);
  const domain = allocate(512), domainSize = allocate(4);
  new DataView(sidSize.buffer).setUint32(0, sid.length, true);
  new DataView(domainSize.buffer).setUint32(0, domain.length / 2, true);
  const name = wide(account.replace(/^\.\\/, ""));
  const kind = allocate(4);
  const { LookupAccountNameW } = advapi32();
  const found = LookupAccountNameW(null, name, sid, sidSize, domain, domainSize, kind);
  check(found, `find account '${account}'`);
  return sid;
}

function sidText(sid: Deno.PointerValue): string {
  const text = allocate(8);
  check(advapi32().ConvertSidToStringSidW(sid, text), "read a security identifier");
  const pointer = pointerIn(text);
  try {
    return wideAt(pointer);
  } finally {
    kernel32().LocalFree(pointer);
  }
}

/** `LSA_UNICODE_STRING` of NUL-ended text: two lengths in bytes, without and with the NUL, and where it is. */
function unicodeString(text: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = referring(16, 8, text);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, text.length - 2, true);
  view.setUint16(2, text.length, true);
  return bytes;
}

function checkStatus(status: number, what: string): void {
  if (status !== 0) throw new WindowsError(advapi32().LsaNtStatusToWinError(status), what);
}
