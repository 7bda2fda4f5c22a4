import { ERROR_ACCESS_DENIED, lastError } from "./ffi/errors.ts";
import { kernel32, kernelHandle } from "./ffi/kernel32.ts";
import { wide } from "./ffi/memory.ts";

// winnt.h
const SYNCHRONIZE = 0x100000;

/** Windows Installer owns this mutex while it installs, repairs or removes a package ("_MSIExecute Mutex", Microsoft's documentation). */
const MUTEX = wide("Global\\_MSIExecute");

/** Whether Windows Installer is at work. Does not wait for the mutex, which would delay installations. */
export function isInstalling(): boolean {
  const opened = kernel32().OpenMutexW(SYNCHRONIZE, 0, MUTEX);
  if (opened === null) return lastError() === ERROR_ACCESS_DENIED;
  using _ = kernelHandle(opened);
  return true;
}
