/**
 * Keys and values of the Windows registry, below `HKEY_LOCAL_MACHINE`.
 *
 * @module
 */
import { advapi32 } from "./ffi/libraries.ts";
import { checkCode, ERROR_FILE_NOT_FOUND, ERROR_SUCCESS } from "./ffi/errors.ts";
import { allocate, dwordIn, dwords, fromWide, handle, pointerIn, wide } from "./ffi/memory.ts";

// winnt.h
const KEY_WRITE = 0x20006;
const REG_EXPAND_SZ = 2;
const REG_DWORD = 4;
// winreg.h
const RRF_RT_REG_SZ = 0x2;
const RRF_RT_REG_EXPAND_SZ = 0x4;
const RRF_RT_REG_DWORD = 0x10;
const RRF_NOEXPAND = 0x10000000;

/** `HKEY_LOCAL_MACHINE` (winreg.h): 0x80000002 as a signed number of 32 bits, widened to a pointer. */
const HKEY_LOCAL_MACHINE = () => Deno.UnsafePointer.create(0xffffffff80000002n);

/** The values to write: texts (`REG_EXPAND_SZ`, they may hold `%NAME%`) and numbers (`REG_DWORD`). */
export type RegistryValues = Readonly<Record<string, string | number>>;

/**
 * Writes values into a key, which is made if it is not there.
 *
 * @throws {WindowsError} when it cannot be written.
 */
export function writeRegistryKey(key: string, values: RegistryValues): void {
  const what = `write the registry key HKLM\\${key}`;
  const { RegCreateKeyExW: create, RegSetValueExW, RegCloseKey } = advapi32();
  const root = HKEY_LOCAL_MACHINE(), made = allocate(8);
  checkCode(create(root, wide(key), 0, null, 0, KEY_WRITE, null, made, null), what);
  using opened = handle(pointerIn(made), RegCloseKey);
  for (const [name, value] of Object.entries(values)) {
    const type = typeof value === "string" ? REG_EXPAND_SZ : REG_DWORD;
    const bytes = typeof value === "string" ? wide(value) : dwords(value);
    const { pointer } = opened;
    checkCode(RegSetValueExW(pointer, wide(name), 0, type, bytes, bytes.length), what);
  }
}

/** A text in the registry, with `%NAME%` unreplaced, or a number; undefined when it cannot be read. */
export function readRegistryValue(key: string, name: string): string | number | undefined {
  const bytes = allocate(32 * 1024), size = dwords(bytes.length), type = dwords(0);
  const flags = RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_RT_REG_DWORD | RRF_NOEXPAND;
  const [root, subKey, value] = [HKEY_LOCAL_MACHINE(), wide(key), wide(name)];
  const code = advapi32().RegGetValueW(root, subKey, value, flags, type, bytes, size);
  if (code !== ERROR_SUCCESS) return undefined;
  return dwordIn(type) === REG_DWORD ? dwordIn(bytes) : fromWide(bytes);
}

/**
 * Removes a key without subkeys; one that is not there is a success.
 *
 * @throws {WindowsError} when it cannot be removed.
 */
export function removeRegistryKey(key: string): void {
  const code = advapi32().RegDeleteKeyW(HKEY_LOCAL_MACHINE(), wide(key));
  if (code !== ERROR_FILE_NOT_FOUND) checkCode(code, `remove the registry key HKLM\\${key}`);
}
