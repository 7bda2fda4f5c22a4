/**
 * The accounts that a service runs as. Pure.
 *
 * @module
 */

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

/** Whether an account has a password: Windows' own, virtual and managed ones (`DOMAIN\name$`) have none. */
export function needsPassword(account: string): boolean {
  return !isBuiltin(account) && !/\$$/.test(account) && !/^NT SERVICE\\/i.test(account);
}

/** What would be right if `account` can be none, as a clause of an error message; undefined if it can. */
export function checkAccount(account: string): string | undefined {
  return /^[^\\/"[\]:;|=,+*?<>\p{Cc}]+(?:\\[^\\/"[\]:;|=,+*?<>\p{Cc}]+)?$/u.test(account)
    ? undefined
    : "expected an account, such as LocalSystem, DOMAIN\\user, .\\user or DOMAIN\\managed$";
}
