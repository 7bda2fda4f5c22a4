/**
 * The errors of Windows, with its own numbers (winerror.h).
 *
 * @module
 */
import { meaningOf } from "../../service/mod.ts";
import { kernel32 } from "./libraries.ts";
import { allocate, dwordIn, dwords } from "./memory.ts";

export const ERROR_SUCCESS = 0;
export const ERROR_FILE_NOT_FOUND = 2;
export const ERROR_PATH_NOT_FOUND = 3;
export const ERROR_ACCESS_DENIED = 5;
const ERROR_INSUFFICIENT_BUFFER = 122;
/** This system does not know a setting. */
export const ERROR_INVALID_LEVEL = 124;
const ERROR_MORE_DATA = 234;
export const ERROR_SERVICE_DOES_NOT_EXIST = 1060;
/** The service ended with an exit code of its own. */
export const ERROR_SERVICE_SPECIFIC_ERROR = 1066;
/** The service was not started since Windows was. */
export const ERROR_SERVICE_NEVER_STARTED = 1077;

/** A function of Windows has failed; the message says what failed, why, and what to do. */
export class WindowsError extends Error {
  override name = "WindowsError";

  /** `code` is Windows' own; `what` is what was tried, as in `Cannot <what>`. */
  constructor(readonly code: number, what: string) {
    const { meaning, advice } = meaningOf(code);
    const why = code === ERROR_ACCESS_DENIED
      ? `${meaning}; open the console as administrator`
      : `${meaning} (Windows error ${code}); ${advice}`;
    super(`Cannot ${what}: ${why}`);
  }
}

/**
 * Insists on a result that is neither 0 nor null; nothing may be called between the function and this.
 *
 * @throws {WindowsError} with the thread's last error.
 */
export function check<T extends number | Deno.PointerValue>(
  result: T,
  what: string,
): Exclude<T, null> {
  if (result === 0 || result === null) throw new WindowsError(lastError(), what);
  return result as Exclude<T, null>;
}

/**
 * Insists on the code `ERROR_SUCCESS`, for functions that return a code.
 *
 * @throws {WindowsError} with the code.
 */
export function checkCode(code: number, what: string): void {
  if (code !== ERROR_SUCCESS) throw new WindowsError(code, what);
}

/** The code of the last failure of a call on this thread; ask before any other call. */
export function lastError(): number {
  return kernel32().GetLastError();
}

/** The error code of a call by its result, which is 0 when it has failed; ask before any other call. */
export function codeOf(result: number): number {
  return result === 0 ? lastError() : ERROR_SUCCESS;
}

/** Fills a buffer of `size` bytes, writes to `needed` how many bytes it takes, and returns an error code. */
type Fill = (
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
  needed: Uint8Array<ArrayBuffer>,
) => number;

/**
 * Calls a function that says how large its buffer must be; undefined: an unknown setting.
 *
 * @throws {WindowsError} when it fails.
 */
export function filled(fill: Fill, what: string): Uint8Array<ArrayBuffer> | undefined {
  for (let size = 1024;;) {
    const buffer = allocate(size), needed = dwords(size);
    const code = fill(buffer, size, needed);
    if (code === ERROR_SUCCESS) return buffer;
    if (code === ERROR_INVALID_LEVEL) return undefined;
    const isTooSmall = code === ERROR_INSUFFICIENT_BUFFER || code === ERROR_MORE_DATA;
    if (!isTooSmall || dwordIn(needed) === 0) throw new WindowsError(code, what);
    size += dwordIn(needed);
  }
}
