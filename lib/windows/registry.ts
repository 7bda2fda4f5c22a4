/**
 * The little of the registry that is needed, by FFI; every key is below `HKEY_LOCAL_MACHINE`.
 *
 * @module
 */
import { allocate, fromWide, lazy, pointerIn, wide, WindowsError } from "./ffi.ts";

const ERROR_SUCCESS = 0;
const ERROR_FILE_NOT_FOUND = 2;
const KEY_WRITE = 0x20006;
const RRF_RT_ANY_TEXT = 0x2 | 0x4;
const RRF_NOEXPAND = 0x10000000;

/** Kinds of values: a text in which `%NAME%` is replaced, and a number. */
const TYPE = { expandable: 2, number: 4 } as const;

const advapi32 = lazy(() =>
  Deno.dlopen("advapi32.dll", {
    RegCreateKeyExW: {
      parameters: [
        ...["pointer", "buffer", "u32", "pointer", "u32", "u32"] as const,
        ...["pointer", "buffer", "pointer"] as const,
      ],
      result: "u32",
    },
    RegSetValueExW: {
      parameters: ["pointer", "buffer", "u32", "u32", "buffer", "u32"],
      result: "u32",
    },
    RegGetValueW: {
      parameters: ["pointer", "buffer", "buffer", "u32", "pointer", "buffer", "buffer"],
      result: "u32",
    },
    RegCloseKey: { parameters: ["pointer"], result: "u32" },
    RegDeleteKeyW: { parameters: ["pointer", "buffer"], result: "u32" },
  }).symbols
);

/** `HKEY_LOCAL_MACHINE`: 0x80000002 as a signed number of 32 bits, widened to a pointer. */
const root = () => Deno.UnsafePointer.create(0xffffffff80000002n);

/** The values to write: texts may hold `%NAME%`. */
export type RegistryValues = Readonly<Record<string, string | number>>;

/**
 * Writes values into a key, which is made where it is not there.
 *
 * @throws {WindowsError} when it cannot be written.
 */
export function writeRegistry(key: string, values: RegistryValues): void {
  const what = `write the registry key HKLM\\${key}`;
  const handle = allocate(8);
  const { RegCreateKeyExW, RegSetValueExW, RegCloseKey } = advapi32();
  require(
    RegCreateKeyExW(root(), wide(key), 0, null, 0, KEY_WRITE, null, handle, null),
    what,
  );
  const opened = pointerIn(handle);
  try {
    for (const [name, value] of Object.entries(values)) {
      const [type, bytes] = typeof value === "string"
        ? [TYPE.expandable, wide(value)]
        : [TYPE.number, new Uint8Array(Uint32Array.of(value).buffer)];
      require(RegSetValueExW(opened, wide(name), 0, type, bytes, bytes.length), what);
    }
  } finally {
    RegCloseKey(opened);
  }
}

/** A text in the registry, `%NAME%` in it as it stands; undefined when there is none. */
export function readRegistryText(key: string, name: string): string | undefined {
  const size = allocate(4);
  const bytes = allocate(32 * 1024);
  new DataView(size.buffer).setUint32(0, bytes.length, true);
  const flags = RRF_RT_ANY_TEXT | RRF_NOEXPAND;
  const code = advapi32().RegGetValueW(root(), wide(key), wide(name), flags, null, bytes, size);
  return code === ERROR_SUCCESS ? fromWide(bytes) : undefined;
}

/**
 * Removes a key that holds no other; one that is not there is a success.
 *
 * @throws {WindowsError} when it cannot be removed.
 */
export function removeRegistryKey(key: string): void {
  const code = advapi32().RegDeleteKeyW(root(), wide(key));
  if (code !== ERROR_FILE_NOT_FOUND) require(code, `remove the registry key HKLM\\${key}`);
}

function require(code: number, what: string): void {
  if (code !== ERROR_SUCCESS) throw new WindowsError(code, what);
}
