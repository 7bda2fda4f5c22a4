/**
 * What every call into Windows (64 bit, little endian) needs: signatures, handles, memory, text and structures.
 *
 * @module
 */

/** A handle or pointer that Windows made (`HANDLE`, `SC_HANDLE`, `HKEY`, `PSID`); it takes null too. */
export const PTR = "pointer";
/** Memory of the caller's: text, a structure, or room for a result; it takes null too. */
export const BUF = "buffer";
/** A number of 32 bits without a sign. */
export const DWORD = "u32";
/** 0 when the call has failed; `GetLastError` then gives the reason. */
export const BOOL = "i32";

/** The signature of a function: its result, then its parameters. */
export function fn<const R extends Deno.NativeResultType, const P extends Deno.NativeType[]>(
  result: R,
  ...parameters: P
): { result: R; parameters: P } {
  return { result, parameters };
}

/** A library that is opened on the first call, so that importing a module opens none. */
export function library<const S extends Deno.ForeignLibraryInterface>(
  name: string,
  signatures: S,
): () => Deno.DynamicLibrary<S>["symbols"] {
  let opened: Deno.DynamicLibrary<S> | undefined;
  return () => (opened ??= Deno.dlopen(name, signatures)).symbols;
}

/** What Windows handed out; it is given back at the end of the block: `using service = …`. */
export interface Handle<P extends Deno.PointerValue = Deno.PointerObject> extends Disposable {
  readonly pointer: P;
}

/** A handle that `close` gives back. */
export function handle<P extends Deno.PointerValue>(
  pointer: P,
  close: (pointer: P) => unknown,
): Handle<P> {
  return { pointer, [Symbol.dispose]: () => void close(pointer) };
}

/** Zeroed memory of `size` bytes that does not move; V8 may move the bytes of a small typed array. */
export function allocate(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(size));
}

/** Numbers of 32 bits, one after the other: a structure of them, or the room for one. */
export function dwords(...values: number[]): Uint8Array<ArrayBuffer> {
  const bytes = allocate(4 * values.length);
  new Uint32Array(bytes.buffer).set(values);
  return bytes;
}

/** The number of 32 bits at `offset`. */
export function dwordIn(bytes: Uint8Array<ArrayBuffer>, offset = 0): number {
  return new DataView(bytes.buffer).getUint32(offset, true);
}

/** The pointer at `offset`. */
export function pointerIn(bytes: Uint8Array<ArrayBuffer>, offset = 0): Deno.PointerValue {
  return Deno.UnsafePointer.create(new DataView(bytes.buffer).getBigUint64(offset, true));
}

/** The number of 64 bits at `offset`, such as a count of bytes; exact below 2^53. */
export function qwordIn(bytes: Uint8Array<ArrayBuffer>, offset = 0): number {
  return Number(new DataView(bytes.buffer).getBigUint64(offset, true));
}

/** The pointers in an array that Windows made; none at a null pointer. */
export function pointersAt(array: Deno.PointerValue, count: number): Deno.PointerValue[] {
  if (array === null) return [];
  const view = new Deno.UnsafePointerView(array);
  return Array.from({ length: count }, (_, i) => view.getPointer(8 * i));
}

/** Text as the wide functions take it: UTF-16, ended by a NUL. */
export function wide(text: string): Uint8Array<ArrayBuffer> {
  const bytes = allocate(2 * (text.length + 1));
  const units = new Uint16Array(bytes.buffer);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return bytes;
}

/** The text in `bytes` up to the first NUL, or all of it. */
export function fromWide(bytes: Uint8Array): string {
  return new TextDecoder("utf-16le").decode(bytes).replace(/\0.*$/s, "");
}

/** The text at `pointer` up to its NUL; empty for a null pointer. */
export function wideAt(pointer: Deno.PointerValue): string {
  if (pointer === null) return "";
  const view = new Deno.UnsafePointerView(pointer);
  let text = "";
  for (let at = 0, unit = 0; (unit = view.getUint16(at)) !== 0; at += 2) {
    text += String.fromCharCode(unit);
  }
  return text;
}

/** The address of `bytes`; the caller keeps `bytes` alive as long as Windows uses it. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}

/**
 * A structure of `size` bytes whose pointer at `offset` leads to `payload`. Both are one piece of memory, so that the
 * payload lives as long as the structure.
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
