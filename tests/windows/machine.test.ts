import { assertEquals, assertThrows } from "@std/assert";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { fixedDisks, isInstalling } from "../../lib/windows/machine.ts";
import { fail, failNull, fakeWindows, handleOf, leftOpen, textOf } from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const REMOVABLE = 2, FIXED = 3, NETWORK = 4, CD = 5;

/** The drives by their letters: the kind, and the bytes free and in all; none: it is locked. */
let drives: Record<string, [kind: number, free?: bigint, total?: bigint]> = {};
/** The mutexes that are there; one whose value is false may not be opened. */
const mutexes = new Map<string, boolean>();

const put = (room: Bytes, value: bigint) => new DataView(room.buffer).setBigUint64(0, value, true);

fakeWindows({
  GetLogicalDrives() {
    const bits = Object.keys(drives).map((letter) => 1 << letter.charCodeAt(0) - 65);
    return bits.length === 0 ? fail(5) : bits.reduce((sum, bit) => sum | bit) >>> 0;
  },
  GetDriveTypeW: (root: Bytes) => drives[/^([A-Z]):\\$/.exec(textOf(root)!)![1]!]?.[0] ?? 1,
  GetDiskFreeSpaceExW(root: Bytes, free: Bytes, total: Bytes, allFree: null) {
    const [, bytes, all] = drives[textOf(root)![0]!]!;
    if (allFree !== null || bytes === undefined) return fail(5);
    put(free, bytes);
    put(total, all!);
    return 1;
  },
  OpenMutexW(access: number, inherits: number, name: Bytes) {
    const mutex = mutexes.get(textOf(name)!);
    if (mutex === undefined || access !== 0x100000 || inherits !== 0) return failNull(2);
    return mutex ? handleOf("CloseHandle", name) : failNull(5);
  },
});

Deno.test("the fixed disks that tell their size are listed, from A to Z", () => {
  drives = {
    A: [FIXED, 1n, 2n],
    C: [FIXED, 5_000_000_000n, 2n ** 44n],
    D: [CD, 0n, 1n],
    E: [FIXED],
    F: [REMOVABLE, 1n, 2n],
    G: [NETWORK, 1n, 2n],
    Z: [FIXED, 7n, 8n],
  };
  assertEquals(fixedDisks(), [
    { name: "A:", free: 1, total: 2 },
    { name: "C:", free: 5_000_000_000, total: 2 ** 44 },
    { name: "Z:", free: 7, total: 8 },
  ]);
});

Deno.test("disks that cannot be listed are an error of Windows", () => {
  drives = {};
  assertThrows(fixedDisks, WindowsError, "Cannot list the disks: access is denied");
});

Deno.test("Windows Installer is at work while its mutex is there, for whomever", () => {
  assertEquals(isInstalling(), false);
  for (const mayBeOpened of [true, false]) {
    mutexes.set("Global\\_MSIExecute", mayBeOpened);
    assertEquals(isInstalling(), true);
  }
  assertEquals(leftOpen(), []);
});
