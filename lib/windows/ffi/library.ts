/**
 * Opening a library of Windows, and what it hands out that has to be given back.
 *
 * @module
 */

/** A handle or pointer that Windows made (`HANDLE`, `SC_HANDLE`, `HKEY`, `PSID`); it takes null too. */
export const PTR = "pointer";
/** Memory of the caller's: text, a structure, or room for a result; it takes null too. */
export const BUF = "buffer";
/** A number of 32 bits without a sign. */
export const DWORD = "u32";
/** 0 when the call has failed; `GetLastError` then tells why. */
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
