/**
 * The accounts that a service runs as: their names, security identifiers and rights.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { advapi32, kernel32, kernelHandle, localMemory, netapi32 } from "./ffi/libraries.ts";
import { check, checkCode } from "./ffi/errors.ts";
import {
  allocate,
  dwordIn,
  dwords,
  fromWide,
  type Handle,
  handle,
  pointerIn,
  pointersAt,
  referring,
  wide,
  wideAt,
} from "./ffi/memory.ts";

// winnt.h
const TOKEN_QUERY = 0x8;
const TOKEN_ADJUST_PRIVILEGES = 0x20;
const SE_PRIVILEGE_ENABLED = 0x2;
const TokenUser = 1;
const SECURITY_MAX_SID_SIZE = 68;
const SE_SERVICE_LOGON_NAME = "SeServiceLogonRight";
const SE_DENY_SERVICE_LOGON_NAME = "SeDenyServiceLogonRight";
// ntstatus.h
const STATUS_NO_MORE_ENTRIES = 0x8000001a;
const STATUS_OBJECT_NAME_NOT_FOUND = 0xc0000034;
// lmaccess.h
const LG_INCLUDE_INDIRECT = 1;
// lmcons.h
const MAX_PREFERRED_LENGTH = 0xffffffff;
// ntsecapi.h
const POLICY_VIEW_LOCAL_INFORMATION = 0x1;
const POLICY_CREATE_ACCOUNT = 0x10;
const POLICY_LOOKUP_NAMES = 0x800;

/** The account of a service by default. */
export const LOCAL_SYSTEM = "LocalSystem";

/** Other names of Windows' own accounts, in small letters, and the names that the service control manager takes. */
const BUILTIN: Readonly<Record<string, string>> = {
  "localsystem": LOCAL_SYSTEM,
  "system": LOCAL_SYSTEM,
  "localservice": "NT AUTHORITY\\LocalService",
  "local service": "NT AUTHORITY\\LocalService",
  "networkservice": "NT AUTHORITY\\NetworkService",
  "network service": "NT AUTHORITY\\NetworkService",
};

/** An account as the service control manager takes it: a name without a domain is one of this machine. */
export function fullAccount(account: string): string {
  const name = account.replace(/^(?:\.|NT AUTHORITY)\\/i, "").toLowerCase();
  const isBare = !/[\\@]/.test(account);
  return BUILTIN[name] ?? (isBare ? `.\\${account}` : account);
}

/** Whether two names mean the same account. */
export function sameAccount(a: string, b: string): boolean {
  return fullAccount(a).toLowerCase() === fullAccount(b).toLowerCase();
}

/** Whether an account is one of Windows' own. */
export function isBuiltin(account: string): boolean {
  return Object.values(BUILTIN).includes(fullAccount(account));
}

/** Whether an account has the right to log on as a service by itself: Windows' own and virtual ones have. */
export function mayLogOn(account: string): boolean {
  return isBuiltin(account) || serviceOf(account) !== undefined;
}

/** Whether an account has a password: Windows' own, virtual and managed ones (`DOMAIN\name$`) have none. */
export function needsPassword(account: string): boolean {
  return !isBuiltin(account) && !/\$$/.test(account) && serviceOf(account) === undefined;
}

/** The service whose virtual account (`NT SERVICE\\<service>`) an account is; undefined for any other account. */
function serviceOf(account: string): string | undefined {
  return /^NT SERVICE\\(.+)$/i.exec(account)?.[1];
}

/** The security identifiers of Windows' own accounts: their names differ with the language of the system. */
const BUILTIN_SIDS: Readonly<Record<string, string>> = {
  [LOCAL_SYSTEM]: "S-1-5-18",
  "NT AUTHORITY\\LocalService": "S-1-5-19",
  "NT AUTHORITY\\NetworkService": "S-1-5-20",
};

/**
 * The security identifier of an account of Windows, or of a service's virtual account, which is computed from the
 * service's name and is right before the service is there (`sc showsid` prints it); undefined for any other account.
 */
export function knownSid(account: string): string | undefined {
  const service = serviceOf(account);
  if (service === undefined) return BUILTIN_SIDS[fullAccount(account)];
  const digest = createHash("sha1").update(service.toUpperCase(), "utf16le").digest();
  const parts = [0, 4, 8, 12, 16].map((offset) => digest.readUInt32LE(offset));
  return `S-1-5-80-${parts.join("-")}`;
}

/**
 * What would be right if a service cannot run as `account`, as a clause of an error message; undefined if it can. Of
 * the virtual accounts only the service's own can be used.
 */
export function checkAccount(account: string, service: string): string | undefined {
  if (!/^[^\\/"[\]:;|=,+*?<>\p{Cc}]+(?:\\[^\\/"[\]:;|=,+*?<>\p{Cc}]+)?$/u.test(account)) {
    return "expected an account, such as LocalSystem, DOMAIN\\user, .\\user or DOMAIN\\managed$";
  }
  const other = serviceOf(account)?.toLowerCase() ?? service.toLowerCase();
  if (other === service.toLowerCase()) return undefined;
  return `expected the service's own, 'NT SERVICE\\${service}'`;
}

/** The security identifier of the account that this process runs as. */
export function currentUser(): string {
  const what = "read this user";
  const user = allocate(16 + SECURITY_MAX_SID_SIZE);
  const { GetTokenInformation } = advapi32();
  using token = openToken(TOKEN_QUERY, what);
  check(GetTokenInformation(token.pointer, TokenUser, user, user.length, dwords(0)), what);
  return sidText(pointerIn(user));
}

/**
 * Enables privileges that this process has, such as `SeRestorePrivilege`; one that it has not is no error.
 *
 * @throws {WindowsError} when they cannot be enabled.
 */
export function enablePrivileges(...names: string[]): void {
  const what = "enable the privileges of an administrator";
  const { LookupPrivilegeValueW, AdjustTokenPrivileges } = advapi32();
  using token = openToken(TOKEN_ADJUST_PRIVILEGES, what);
  for (const name of names) {
    const luid = allocate(8);
    check(LookupPrivilegeValueW(null, wide(name), luid), what);
    // TOKEN_PRIVILEGES (winnt.h) with one entry
    const privileges = dwords(1, dwordIn(luid), dwordIn(luid, 4), SE_PRIVILEGE_ENABLED);
    check(AdjustTokenPrivileges(token.pointer, 0, privileges, 0, null, null), what);
  }
}

/** The token of this process. */
function openToken(access: number, what: string): Handle<Deno.PointerValue> {
  const opened = allocate(8);
  check(advapi32().OpenProcessToken(kernel32().GetCurrentProcess(), access, opened), what);
  return kernelHandle(pointerIn(opened));
}

/**
 * The security identifier of an account.
 *
 * @throws {WindowsError} when there is no account of this name.
 */
export function sidOf(account: string): string {
  return knownSid(account) ?? sidText(Deno.UnsafePointer.of(lookUp(account)));
}

/**
 * The name of an account as this system has it.
 *
 * @param sid its security identifier, or the letters of one in a security descriptor string.
 * @throws {WindowsError} when it is unknown here, as that of an account that was removed.
 */
export function accountOf(sid: string): { domain: string; name: string } {
  const name = allocate(512), domain = allocate(512);
  const sizes = [dwords(name.length / 2), dwords(domain.length / 2)] as const;
  using found = parseSid(sid);
  const { LookupAccountSidW: lookUp } = advapi32();
  const done = lookUp(null, found.pointer, name, sizes[0], domain, sizes[1], dwords(0));
  check(done, `find the account ${sid}`);
  return { domain: fromWide(domain), name: fromWide(name) };
}

/**
 * The security identifier that letters in a security descriptor string stand for on this system, such as `LA`.
 *
 * @throws {WindowsError} when they stand for none.
 */
export function sidOfLetters(letters: string): string {
  using sid = parseSid(letters);
  return sidText(sid.pointer);
}

/**
 * The security identifiers of the users and groups that belong to Administrators.
 *
 * @throws {WindowsError} when Windows does not tell them.
 */
export function administrators(): string[] {
  const what = "read who belongs to Administrators";
  // The group's name differs with the language of the system.
  const group = wide(accountOf("S-1-5-32-544").name);
  const list = allocate(8), count = dwords(0);
  const { NetLocalGroupGetMembers, NetApiBufferFree } = netapi32();
  checkCode(
    NetLocalGroupGetMembers(null, group, 0, list, MAX_PREFERRED_LENGTH, count, dwords(0), null),
    what,
  );
  // An array of LOCALGROUP_MEMBERS_INFO_0, each a pointer to a security identifier.
  using members = handle(pointerIn(list), NetApiBufferFree);
  return pointersAt(members.pointer, dwordIn(count)).map(sidText);
}

/** A security identifier made of its text. */
function parseSid(text: string): Handle<Deno.PointerValue> {
  const made = allocate(8);
  const done = advapi32().ConvertStringSidToSidW(wide(text), made);
  check(done, `read the security identifier ${text}`);
  return localMemory(pointerIn(made));
}

/**
 * Lets an account log on as a service, as services.msc does when it sets an account.
 *
 * @throws {WindowsError} when Windows refuses.
 */
export function grantServiceLogon(account: string): void {
  const what = `let '${account}' log on as a service`;
  const sid = lookUp(account);
  using policy = openPolicy(POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES, what);
  const right = unicodeString(SE_SERVICE_LOGON_NAME);
  checkStatus(advapi32().LsaAddAccountRights(policy.pointer, sid, right, 1), what);
}

/** The local policy, opened with this access. */
function openPolicy(access: number, what: string): Handle<Deno.PointerValue> {
  const { LsaOpenPolicy, LsaClose } = advapi32();
  const attributes = allocate(48), opened = allocate(8);
  attributes[0] = attributes.length;
  checkStatus(LsaOpenPolicy(null, attributes, access, opened), what);
  return handle(pointerIn(opened), LsaClose);
}

/**
 * Whether an account may log on as a service; `denied`: a rule takes the right from it; `unknown`: only a group of the
 * domain has it, of which the account may be a member.
 */
export type LogonRight = "granted" | "missing" | "denied" | "unknown";

/** Windows' own groups that every account of a service belongs to: everyone, authenticated users, services. */
const EVERY_SERVICE = ["S-1-1-0", "S-1-5-11", "S-1-5-6"];

/** The group of all virtual accounts, `NT SERVICE\\ALL SERVICES`. */
const ALL_SERVICES = "S-1-5-80-0";

/**
 * Whether an account may log on as a service, by the security identifiers that have the right, and from which it is
 * taken.
 *
 * @param own those of the account and of its groups on this machine.
 */
export function decideLogon(
  own: readonly string[],
  granted: readonly string[],
  denied: readonly string[],
): LogonRight {
  const mine = new Set([...own, ...EVERY_SERVICE]);
  if (denied.some((sid) => mine.has(sid))) return "denied";
  if (granted.some((sid) => mine.has(sid))) return "granted";
  return granted.some((sid) => sid.startsWith("S-1-5-21-")) ? "unknown" : "missing";
}

/**
 * Whether an account may log on as a service; of Windows' own accounts nothing is asked.
 *
 * @throws {WindowsError} when there is no such account, or the caller is no administrator.
 */
export function logonRight(account: string): LogonRight {
  if (isBuiltin(account)) return "granted";
  const isVirtual = serviceOf(account) !== undefined;
  const groups = isVirtual ? [ALL_SERVICES] : localGroups(account).map(sidOf);
  return decideLogon(
    [sidOf(account), ...groups],
    accountsWith(SE_SERVICE_LOGON_NAME),
    accountsWith(SE_DENY_SERVICE_LOGON_NAME),
  );
}

/** The security identifiers of the accounts and groups that have a right. */
function accountsWith(right: string): string[] {
  const what = "read who may log on as a service";
  const { LsaEnumerateAccountsWithUserRight, LsaFreeMemory } = advapi32();
  using policy = openPolicy(POLICY_VIEW_LOCAL_INFORMATION | POLICY_LOOKUP_NAMES, what);
  const list = allocate(8), count = dwords(0);
  const name = unicodeString(right);
  const status = LsaEnumerateAccountsWithUserRight(policy.pointer, name, list, count) >>> 0;
  if (status === STATUS_NO_MORE_ENTRIES || status === STATUS_OBJECT_NAME_NOT_FOUND) return [];
  checkStatus(status, what);
  // An array of LSA_ENUMERATION_INFORMATION, each a pointer to a security identifier.
  using found = handle(pointerIn(list), LsaFreeMemory);
  return pointersAt(found.pointer, dwordIn(count)).map(sidText);
}

/** The groups of this machine that an account belongs to, nested groups included; empty when they cannot be read. */
function localGroups(account: string): string[] {
  const { NetUserGetLocalGroups, NetApiBufferFree } = netapi32();
  const list = allocate(8), count = dwords(0);
  const user = wide(account.replace(/^\.\\/, ""));
  const [flags, most] = [LG_INCLUDE_INDIRECT, MAX_PREFERRED_LENGTH];
  const code = NetUserGetLocalGroups(null, user, 0, flags, list, most, count, dwords(0));
  if (code !== 0) return [];
  using groups = handle(pointerIn(list), NetApiBufferFree);
  return pointersAt(groups.pointer, dwordIn(count)).map(wideAt);
}

/** The bytes of an account's security identifier. */
function lookUp(account: string): Uint8Array<ArrayBuffer> {
  const sid = allocate(SECURITY_MAX_SID_SIZE), domain = allocate(512);
  const name = wide(account.replace(/^\.\\/, ""));
  const sizes = [dwords(sid.length), dwords(domain.length / 2)] as const;
  const { LookupAccountNameW } = advapi32();
  const found = LookupAccountNameW(null, name, sid, sizes[0], domain, sizes[1], dwords(0));
  check(found, `find account '${account}'`);
  return sid;
}

function sidText(sid: Deno.PointerValue): string {
  const text = allocate(8);
  check(advapi32().ConvertSidToStringSidW(sid, text), "read a security identifier");
  using memory = localMemory(pointerIn(text));
  return wideAt(memory.pointer);
}

/** `LSA_UNICODE_STRING` (ntsecapi.h): two lengths in bytes, without and with the NUL, and a pointer to the text. */
function unicodeString(text: string): Uint8Array<ArrayBuffer> {
  const units = wide(text);
  const bytes = referring(16, 8, units);
  new Uint16Array(bytes.buffer).set([units.length - 2, units.length]);
  return bytes;
}

/** Insists on an `NTSTATUS` of success. */
function checkStatus(status: number, what: string): void {
  if (status !== 0) checkCode(advapi32().LsaNtStatusToWinError(status), what);
}
