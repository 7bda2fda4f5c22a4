/**
 * The calls of the service control manager, and the handles that they work on.
 *
 * @module
 */
import {
  allocate,
  checkPointer,
  lastError,
  lazy,
  prepareErrors,
  wide,
  WindowsError,
} from "./ffi.ts";

const ERROR_INSUFFICIENT_BUFFER = 122;
const ERROR_MORE_DATA = 234;

/** This system does not know a setting. */
export const ERROR_INVALID_LEVEL = 124;

const SC_MANAGER_CONNECT = 0x1;

/** The functions of the service control manager. */
export const advapi32 = lazy(() => {
  prepareErrors();
  const handle = "pointer", text = "buffer", result = "i32";
  return Deno.dlopen("advapi32.dll", {
    OpenSCManagerW: { parameters: ["pointer", "pointer", "u32"], result: handle },
    OpenServiceW: { parameters: [handle, text, "u32"], result: handle },
    CloseServiceHandle: { parameters: [handle], result },
    CreateServiceW: {
      parameters: [
        ...[handle, text, text, "u32", "u32", "u32", "u32", text] as const,
        ...["pointer", "pointer", "pointer", text, "buffer"] as const,
      ],
      result: handle,
    },
    ChangeServiceConfigW: {
      parameters: [
        ...[handle, "u32", "u32", "u32", text] as const,
        ...["pointer", "pointer", "pointer", text, "buffer", text] as const,
      ],
      result,
    },
    ChangeServiceConfig2W: { parameters: [handle, "u32", "buffer"], result },
    QueryServiceConfigW: { parameters: [handle, "buffer", "u32", "buffer"], result },
    QueryServiceConfig2W: { parameters: [handle, "u32", "buffer", "u32", "buffer"], result },
    EnumServicesStatusW: {
      parameters: [handle, "u32", "u32", "buffer", "u32", "buffer", "buffer", "buffer"],
      result,
    },
    QueryServiceStatusEx: { parameters: [handle, "u32", "buffer", "u32", "buffer"], result },
    StartServiceW: { parameters: [handle, "u32", "pointer"], result },
    ControlService: { parameters: [handle, "u32", "buffer"], result },
    DeleteService: { parameters: [handle], result },
  }).symbols;
});

/** A handle of the service control manager or of a service. */
export type Handle = Deno.PointerObject;

/** Closes a handle when it has been used. */
export function closing<T>(handle: Handle, use: (handle: Handle) => T): T {
  try {
    return use(handle);
  } finally {
    advapi32().CloseServiceHandle(handle);
  }
}

/**
 * Opens the service control manager and uses it.
 *
 * @throws {WindowsError} when it cannot be opened with this access.
 */
export function withManager<T>(access: number, use: (manager: Handle) => T): T {
  const manager = advapi32().OpenSCManagerW(null, null, access | SC_MANAGER_CONNECT);
  return closing(checkPointer(manager, "open the service control manager"), use);
}

/**
 * Opens a service and uses it.
 *
 * @throws {WindowsError} when it cannot be opened with this access, or is not there.
 */
export function withService<T>(name: string, access: number, use: (service: Handle) => T): T {
  return withManager(0, (manager) => {
    const service = advapi32().OpenServiceW(manager, wide(name), access);
    return closing(checkPointer(service, `open service '${name}'`), use);
  });
}

/** Fills a buffer of `size` bytes, and says in `needed` how many it takes; 0: it could not. */
type Fill = (
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
  needed: Uint8Array<ArrayBuffer>,
) => number;

/** How a function says that its buffer is too small: of a list, that there is more. */
const TOO_SMALL = [ERROR_INSUFFICIENT_BUFFER, ERROR_MORE_DATA];

/** Calls a function that fills a buffer and first says how large that must be; undefined: an unknown setting. */
export function filled(fill: Fill, what: string): Uint8Array<ArrayBuffer> | undefined {
  const needed = allocate(4);
  for (let size = 1024;;) {
    const buffer = allocate(size);
    if (fill(buffer, size, needed) !== 0) return buffer;
    const code = lastError();
    if (code === ERROR_INVALID_LEVEL) return undefined;
    const wanted = new DataView(needed.buffer).getUint32(0, true);
    if (!TOO_SMALL.includes(code) || wanted === 0) throw new WindowsError(code, what);
    size += wanted;
  }
}
