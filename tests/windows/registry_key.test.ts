import { assertEquals, assertThrows } from "@std/assert";
import { eventSource } from "../../lib/windows/event_log.ts";
import { wide } from "../../lib/windows/ffi/memory.ts";
import {
  readRegistryValue,
  removeRegistryKey,
  writeRegistryKey,
} from "../../lib/windows/registry_key.ts";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import {
  behind,
  fakeWindows,
  handleOf,
  leftOpen,
  put,
  putPointer,
  textOf,
} from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Value = [type: number, bytes: Bytes];

// winreg.h, winnt.h
const HKEY_LOCAL_MACHINE = 0xffffffff80000002n, KEY_WRITE = 0x20006;
const REG_SZ = 1, REG_EXPAND_SZ = 2, REG_BINARY = 3, REG_DWORD = 4;
/** The flag of RegGetValue that allows each type. */
const ALLOWS: Record<number, number> = { [REG_SZ]: 2, [REG_EXPAND_SZ]: 4, [REG_DWORD]: 0x10 };
const RRF_NOEXPAND = 0x10000000;

const keys = new Map<string, Map<string, Value>>();
let refusal = 0;

const isMachine = (root: Deno.PointerValue) =>
  Deno.UnsafePointer.value(root) === HKEY_LOCAL_MACHINE;

fakeWindows({
  RegCreateKeyExW(
    ...[root, key, , , , access, , made]: [
      Deno.PointerValue,
      Bytes,
      0,
      null,
      0,
      number,
      null,
      Bytes,
    ]
  ) {
    if (refusal !== 0 || !isMachine(root) || access !== KEY_WRITE) return refusal || 6;
    const values = keys.get(textOf(key)!) ?? new Map();
    keys.set(textOf(key)!, values);
    putPointer(made, handleOf("RegCloseKey", values));
    return 0;
  },
  RegSetValueExW(
    ...[key, name, , type, bytes, size]: [Deno.PointerValue, Bytes, 0, number, Bytes, number]
  ) {
    behind<Map<string, Value>>(key).set(textOf(name)!, [type, bytes.slice(0, size)]);
    return 0;
  },
  RegGetValueW(
    ...[root, key, name, flags, typeFound, room, size]: [
      ...[Deno.PointerValue, Bytes, Bytes, number],
      ...[Bytes, Bytes, Bytes],
    ]
  ) {
    const found = isMachine(root) ? keys.get(textOf(key)!)?.get(textOf(name)!) : undefined;
    if (!found) return 2;
    const [type, bytes] = found;
    if ((flags & ALLOWS[type]!) === 0) return 1630;
    if (type === REG_EXPAND_SZ && (flags & RRF_NOEXPAND) === 0) return 87;
    if (bytes.length > new DataView(size.buffer).getUint32(0, true)) return 234;
    room.set(bytes);
    put(typeFound, type);
    return 0;
  },
  RegDeleteKeyW(root: Deno.PointerValue, key: Bytes) {
    if (refusal !== 0 || !isMachine(root)) return refusal || 6;
    return keys.delete(textOf(key)!) ? 0 : 2;
  },
});

Deno.test("texts and numbers are written into a key and read as they are", () => {
  const values = { Path: "%SystemRoot%\\a ä", Long: "x".repeat(16_000), Kinds: 7 };
  writeRegistryKey("SOFTWARE\\W", values);
  for (const [name, value] of Object.entries(values)) {
    assertEquals(readRegistryValue("SOFTWARE\\W", name), value);
  }
  const types = [...keys.get("SOFTWARE\\W")!.values()].map(([type]) => type);
  assertEquals(types, [REG_EXPAND_SZ, REG_EXPAND_SZ, REG_DWORD]);
  assertEquals(leftOpen(), []);
});

Deno.test("a plain text is read; of other kinds, and where there is none, nothing is known", () => {
  keys.set("K", new Map([["", [REG_SZ, wide("default")]], ["B", [REG_BINARY, wide("b")]]]));
  const read = ["", "B", "C"].map((name) => readRegistryValue("K", name));
  assertEquals([...read, readRegistryValue("L", "")], ["default", undefined, undefined, undefined]);
});

Deno.test("a key is removed, and one that is not there needs no removal", () => {
  writeRegistryKey("SOFTWARE\\W", { Kinds: 7 });
  removeRegistryKey("SOFTWARE\\W");
  removeRegistryKey("SOFTWARE\\W");
  assertEquals(readRegistryValue("SOFTWARE\\W", "Kinds"), undefined);
});

Deno.test("a key that may not be written or removed is named", () => {
  refusal = 5;
  const [write, remove] = [() => writeRegistryKey("K", {}), () => removeRegistryKey("K")];
  assertThrows(write, WindowsError, "Cannot write the registry key HKLM\\K: access is denied");
  assertThrows(remove, WindowsError, "Cannot remove the registry key HKLM\\K: access is denied");
  refusal = 0;
});

Deno.test("the source of the agent's events is known once it is registered, until it is removed", () => {
  const KEY = "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\icinga-warden";
  assertEquals(eventSource.isKnown(), false);
  eventSource.register();
  assertEquals(eventSource.isKnown(), true);
  const texts = readRegistryValue(KEY, "EventMessageFile");
  assertEquals(texts, "%SystemRoot%\\System32\\EventCreate.exe");
  // EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE, EVENTLOG_INFORMATION_TYPE
  assertEquals(readRegistryValue(KEY, "TypesSupported"), 1 + 2 + 4);
  eventSource.remove();
  assertEquals([eventSource.isKnown(), keys.has(KEY)], [false, false]);
});
