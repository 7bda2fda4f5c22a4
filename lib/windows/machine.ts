/**
 * What else is asked of this machine: its disks, and whether something is being installed.
 *
 * @module
 */
import { check, ERROR_ACCESS_DENIED, lastError } from "./ffi/errors.ts";
import { kernel32, kernelHandle } from "./ffi/libraries.ts";
import { allocate, qwordIn, wide } from "./ffi/memory.ts";

// winbase.h
const DRIVE_FIXED = 3;

/**
 * The fixed disks that have a letter: bytes in all, and those free for this account.
 *
 * @throws {WindowsError} when the letters cannot be listed.
 */
export function fixedDisks(): { name: string; free: number; total: number }[] {
  const { GetLogicalDrives, GetDriveTypeW, GetDiskFreeSpaceExW } = kernel32();
  const letters = check(GetLogicalDrives(), "list the disks");
  return Array.from({ length: 26 }, (_, n) => n).flatMap((n) => {
    const name = `${String.fromCharCode(65 + n)}:`;
    const root = wide(`${name}\\`);
    if ((letters & (1 << n)) === 0 || GetDriveTypeW(root) !== DRIVE_FIXED) return [];
    const [free, total] = [allocate(8), allocate(8)];
    // One that is locked, such as by BitLocker, does not tell.
    if (GetDiskFreeSpaceExW(root, free, total, null) === 0) return [];
    return [{ name, free: qwordIn(free), total: qwordIn(total) }];
  });
}

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
