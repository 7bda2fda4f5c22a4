/**
 * The accounts that a service runs as. Pure.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The account that a service has unless told. */
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

/** The service whose virtual account (`NT SERVICE\\<service>`) an account is; undefined when it is none. */
function serviceOf(account: string): string | undefined {
  return /^NT SERVICE\\(.+)$/i.exec(account)?.[1];
}

/**
 * The security identifier of a service's virtual account, which is computed from the service's name and holds before
 * there is such a service (`sc showsid` tells it); undefined for any other account.
 */
export function virtualSid(account: string): string | undefined {
  const service = serviceOf(account);
  if (service === undefined) return undefined;
  const digest = createHash("sha1").update(service.toUpperCase(), "utf16le").digest();
  const parts = [0, 4, 8, 12, 16].map((offset) => digest.readUInt32LE(offset));
  return `S-1-5-80-${parts.join("-")}`;
}

/** What would be right if `account` is another service's virtual account, as {@linkcode checkAccount}. */
export function checkVirtualAccount(account: string, service: string): string | undefined {
  const other = serviceOf(account);
  return other === undefined || other.toLowerCase() === service.toLowerCase()
    ? undefined
    : `expected the service's own, 'NT SERVICE\\${service}'`;
}

/** What would be right if `account` can be none, as a clause of an error message; undefined if it can. */
export function checkAccount(account: string): string | undefined {
  return /^[^\\/"[\]:;|=,+*?<>\p{Cc}]+(?:\\[^\\/"[\]:;|=,+*?<>\p{Cc}]+)?$/u.test(account)
    ? undefined
    : "expected an account, such as LocalSystem, DOMAIN\\user, .\\user or DOMAIN\\managed$";
}
