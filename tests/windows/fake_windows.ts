import { wideAt } from "../../lib/windows/ffi/memory.ts";

/** Functions of Windows by their names; they get what the code hands to Windows, and behave as Microsoft documents. */
type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

type Bytes = Uint8Array<ArrayBuffer>;

/** What is open by the function that closes it, and what it stands for. */
const open = new Map<bigint, { closedBy: string; of: unknown }>();
let last = 0x10000n;
let lastError = 0;

/** Puts functions in the place of Windows' libraries, in this file's tests: on any system they are asked instead. */
export function fakeWindows(functions: Functions): void {
  const closing = Object.fromEntries(CLOSING.map((name) => [name, closer(name)]));
  const all: Functions = { ...closing, GetLastError: () => lastError, ...functions };
  Deno.dlopen = ((_: string, signatures: Record<string, Deno.ForeignFunction>) => {
    const symbols = Object.entries(signatures).map(([key, { name, nonblocking }]) => {
      const ask = (...args: never[]) => {
        const asked = all[name ?? key];
        if (!asked) throw new Error(`The fake Windows has no ${name ?? key}`);
        return asked(...args);
      };
      return [key, nonblocking ? (...args: never[]) => Promise.resolve(ask(...args)) : ask];
    });
    return { symbols: Object.fromEntries(symbols) };
  }) as typeof Deno.dlopen;
}

const CLOSING = [
  ...["CloseHandle", "CloseServiceHandle", "RegCloseKey", "LocalFree", "NetApiBufferFree"],
  ...["LsaFreeMemory", "LsaClose", "DeregisterEventSource"],
];

function closer(name: string) {
  return (pointer: Deno.PointerValue): number => {
    const id = Deno.UnsafePointer.value(pointer);
    if (open.get(id)?.closedBy !== name) throw new Error(`${name} of what it did not open`);
    open.delete(id);
    return 1;
  };
}

/** A handle that a function gives back. */
export function handleOf(closedBy: string, of: unknown): Deno.PointerObject {
  open.set(last += 8n, { closedBy, of });
  return Deno.UnsafePointer.create(last)!;
}

/** Memory of Windows' own that a function gives back. */
export function lend(closedBy: string, bytes: Bytes): Deno.PointerObject {
  const pointer = Deno.UnsafePointer.of(bytes)!;
  open.set(Deno.UnsafePointer.value(pointer), { closedBy, of: bytes });
  return pointer;
}

/** What an open handle stands for. */
export function behind<T>(pointer: Deno.PointerValue): T {
  const found = open.get(Deno.UnsafePointer.value(pointer));
  if (!found) throw new Error("Windows is asked by a handle that is not open");
  return found.of as T;
}

/** What was opened and never closed. */
export function leftOpen(): string[] {
  return [...open.values()].map(({ closedBy }) => closedBy);
}

/** The result of a call that fails: 0, and a code for `GetLastError`. */
export function fail(code: number): 0 {
  lastError = code;
  return 0;
}

/** The result of a call that gives a pointer and fails. */
export function failNull(code: number): null {
  lastError = code;
  return null;
}

/** Writes numbers of 32 bits into a result. */
export function put(bytes: Bytes, ...numbers: number[]): void {
  const view = new DataView(bytes.buffer);
  for (const [i, number] of numbers.entries()) view.setUint32(4 * i, number, true);
}

/** Writes a pointer into a result. */
export function putPointer(bytes: Bytes, pointer: Deno.PointerValue, offset = 0): void {
  const value = Deno.UnsafePointer.value(pointer);
  new DataView(bytes.buffer).setBigUint64(offset, BigInt(value), true);
}

/** The text that a caller hands over; undefined for a null pointer. */
export function textOf(bytes: Bytes | null): string | undefined {
  return bytes === null ? undefined : wideAt(Deno.UnsafePointer.of(bytes));
}
