/**
 * What every call into a Windows library needs: memory that does not move, wide text, and error codes.
 *
 * @module
 */

/** Zeroed memory of `size` bytes that stays where it is; V8 may move the bytes of a small typed array. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(size));
}

/** Text as Windows' wide functions take it: UTF-16, little endian, ended by a NUL. */
export function wide(text: string): Uint8Array<ArrayBuffer> {
  const bytes = allocate(2 * (text.length + 1));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

/** The text in `bytes` up to the first NUL, or all of it. */
export function fromWide(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-16le").decode(bytes);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** The NUL-ended wide text at `pointer`; empty for a null pointer. */
export function wideAt(pointer: Deno.PointerValue): string {
  if (pointer === null) return "";
  const view = new Deno.UnsafePointerView(pointer);
  const units: number[] = [];
  for (let at = 0, unit = view.getUint16(0); unit !== 0; unit = view.getUint16(at)) {
    units.push(unit);
    at += 2;
  }
  return units.map((unit) => String.fromCharCode(unit)).join("");
}

/** The address of `bytes`; the caller keeps `bytes` alive as long as Windows uses it. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}

/**
 * A structure of `size` bytes that refers to `payload`, whose address stands at `offset`: both lie in one piece of
 * memory, so that the one lives as long as the other.
 */
export function referring(
  size: number,
  offset: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = allocate(size + payload.length);
  bytes.set(payload, size);
  new DataView(bytes.buffer).setBigUint64(offset, addressOf(bytes) + BigInt(size), true);
  return bytes;
}

/** Reads the pointer at `offset` of a structure of 64-bit Windows. */
export function pointerIn(bytes: Uint8Array<ArrayBuffer>, offset = 0): Deno.PointerValue {
  return Deno.UnsafePointer.create(new DataView(bytes.buffer).getBigUint64(offset, true));
}

/** A function of Windows has failed; the message names it, what it was called for, and its code. */
export class WindowsError extends Error {
  override name = "WindowsError";

  /** `code` is Windows' (winerror.h); `what` is what was tried, as `Cannot <what>`. */
  constructor(readonly code: number, what: string) {
    super(`Cannot ${what}: Windows error ${code} (${describeCode(code)})`);
  }
}

/** The codes that an administrator meets; `net helpmsg` knows all of them. */
const CODES: Readonly<Record<number, string>> = {
  2: "the file is not there",
  3: "the path is not there",
  5: "access is denied; run it in a console opened as administrator",
  32: "the file is in use",
  87: "a parameter is wrong",
  120: "this system does not have the function",
  122: "more room is needed",
  124: "this system does not know the setting",
  1051: "other running services depend on it",
  1053: "it did not answer in time",
  1055: "the service database is locked; try again",
  1056: "it is running already",
  1057: "the account is wrong, or its password is",
  1058: "it is disabled",
  1059: "services depend on each other in a circle",
  1060: "no such service is installed",
  1061: "it cannot take that now; it is starting or stopping",
  1062: "it is not started",
  1063: "the service control manager did not start this process",
  1066: "it ended with an error of its own",
  1067: "it ended unexpectedly",
  1068: "a service that it depends on did not start",
  1069: "the account could not log on; check its password and its right to log on as a service",
  1072: "it is marked for deletion",
  1073: "it is installed already",
  1078: "another service has this display name",
  1332: "there is no such account",
  1789: "the domain does not trust this computer",
};

/** What a code of Windows means, in a few words. */
export function describeCode(code: number): string {
  return CODES[code] ?? `'net helpmsg ${code}' explains it`;
}

const kernel32 = lazy(() =>
  Deno.dlopen("kernel32.dll", { GetLastError: { parameters: [], result: "u32" } })
);

/** Makes something on its first use, so that importing a module loads no library. */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Loads what {@linkcode check} needs, so that nothing happens between a call that failed and the question why. */
export function prepareErrors(): void {
  kernel32();
}

/** The code of the last failure of a call on this thread; ask before any other call. */
export function lastError(): number {
  return kernel32().symbols.GetLastError();
}

/**
 * Insists on a result that is not 0.
 *
 * @throws {WindowsError} with the thread's last error, when it is 0.
 */
export function check(result: number, what: string): number {
  if (result === 0) throw new WindowsError(lastError(), what);
  return result;
}

/**
 * Insists on a pointer that is not null.
 *
 * @throws {WindowsError} with the thread's last error, when it is null.
 */
export function checkPointer(pointer: Deno.PointerValue, what: string): Deno.PointerObject {
  if (pointer === null) throw new WindowsError(lastError(), what);
  return pointer;
}
