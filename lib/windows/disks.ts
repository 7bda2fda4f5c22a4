import { lastError, WindowsError } from "./ffi/errors.ts";
import { kernel32 } from "./ffi/kernel32.ts";
import { allocate, wide } from "./ffi/memory.ts";

// winbase.h
const DRIVE_FIXED = 3;

/**
 * The fixed disks that have a letter: bytes in all, and those free for this account.
 *
 * @throws {WindowsError} when the letters cannot be listed.
 */
export function fixedDisks(): { name: string; free: number; total: number }[] {
  const { GetLogicalDrives, GetDriveTypeW, GetDiskFreeSpaceExW } = kernel32();
  const letters = GetLogicalDrives();
  if (letters === 0) throw new WindowsError(lastError(), "list the disks");
  return Array.from({ length: 26 }, (_, n) => n).flatMap((n) => {
    const name = `${String.fromCharCode(65 + n)}:`;
    const root = wide(`${name}\\`);
    if ((letters & (1 << n)) === 0 || GetDriveTypeW(root) !== DRIVE_FIXED) return [];
    const [free, total] = [allocate(8), allocate(8)];
    // One that is locked, such as by BitLocker, does not tell.
    if (GetDiskFreeSpaceExW(root, free, total, null) === 0) return [];
    return [{ name, free: bytesIn(free), total: bytesIn(total) }];
  });
}

function bytesIn(number: Uint8Array<ArrayBuffer>): number {
  return Number(new DataView(number.buffer).getBigUint64(0, true));
}
