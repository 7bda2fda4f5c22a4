import { assertEquals, assertThrows } from "@std/assert";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { wide } from "../../lib/windows/ffi/memory.ts";
import {
  makePrivate,
  readFileSecurity,
  writeFileSecurity,
} from "../../lib/windows/file_security.ts";
import { windowsHost } from "../../lib/windows/host.ts";
import { protectFolder } from "../../lib/windows/home_safety.ts";
import {
  behind,
  fail,
  fakeWindows,
  handleOf,
  leftOpen,
  lend,
  put,
  putPointer,
  textOf,
} from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Pointer = Deno.PointerValue;

// winnt.h: what is set or read, and whether a folder's entries are inherited
const OWNER = 1, LIST = 4, PROTECTED = 0x80000000, UNPROTECTED = 0x20000000;

/** The security of files, and how each was set, in order. */
const files = new Map<string, string>();
const set: [path: string, kinds: number, text: string][] = [];
const privileges: number[] = [];
let own: Pointer = null;
/** The function that fails. */
let failing = "";

/** The parts of a descriptor that is open, by their pointers. */
const parts = new Map<bigint, string>();
const partOf = (pointer: Pointer) => parts.get(Deno.UnsafePointer.value(pointer)) ?? "none";
let last = 0x100n;

function putPart(room: Bytes, text: string): void {
  parts.set(last += 8n, text);
  putPointer(room, Deno.UnsafePointer.create(last));
}

fakeWindows({
  GetNamedSecurityInfoW(
    ...[path, kind, wanted, owner, , list, , found]: [
      ...[Bytes, number, number, Bytes, null],
      ...[Bytes, null, Bytes],
    ]
  ) {
    const text = files.get(textOf(path)!);
    if (text === undefined) return 2;
    if (kind !== 1 || wanted !== (OWNER | LIST) || owner.length < 8 || list.length < 8) return 87;
    putPointer(found, handleOf("LocalFree", text));
    return 0;
  },
  ConvertSecurityDescriptorToStringSecurityDescriptorW(
    ...[descriptor, revision, wanted, text, length]: [Pointer, number, number, Bytes, null]
  ) {
    if (revision !== 1 || wanted !== (OWNER | LIST) || length !== null) return fail(87);
    if (failing === "to text") return fail(1338);
    putPointer(text, lend("LocalFree", wide(behind<string>(descriptor))));
    return 1;
  },
  ConvertStringSecurityDescriptorToSecurityDescriptorW(
    ...[text, revision, made]: [Bytes, number, Bytes, null]
  ) {
    if (revision !== 1) return fail(87);
    if (textOf(text)!.includes("nobody")) return fail(1337);
    putPointer(made, handleOf("LocalFree", textOf(text)!));
    return 1;
  },
  GetSecurityDescriptorOwner(descriptor: Pointer, owner: Bytes) {
    if (failing === "owner") return fail(1338);
    putPart(owner, behind<string>(descriptor).split("D:")[0]!);
    return 1;
  },
  GetSecurityDescriptorDacl(descriptor: Pointer, isThere: Bytes, list: Bytes, isDefault: Bytes) {
    if (failing === "list") return fail(1338);
    const [, entries] = behind<string>(descriptor).split("D:");
    put(isThere, entries === undefined ? 0 : 1);
    put(isDefault, entries === undefined ? 1 : 0);
    // As Windows writes a list that allows everyone everything.
    if (entries !== undefined && entries !== "NO_ACCESS_CONTROL") putPart(list, `D:${entries}`);
    return 1;
  },
  SetNamedSecurityInfoW(
    ...[path, kind, kinds, owner, , list]: [Bytes, number, number, Pointer, null, Pointer, null]
  ) {
    const name = textOf(path)!;
    if (name.endsWith("locked")) return 5;
    if (kind !== 1) return 87;
    set.push([name, kinds, `${partOf(owner)}${partOf(list)}`]);
    return 0;
  },
  SetFileSecurityW(path: Bytes, kinds: number, descriptor: Pointer) {
    if (textOf(path)!.endsWith("locked")) return fail(5);
    set.push([textOf(path)!, kinds, behind<string>(descriptor)]);
    return 1;
  },
  GetCurrentProcess: () => null,
  OpenProcessToken(_: Pointer, __: number, token: Bytes) {
    putPointer(token, handleOf("CloseHandle", "token"));
    return 1;
  },
  GetTokenInformation: () => 1,
  LookupPrivilegeValueW(_: null, name: Bytes, luid: Bytes) {
    put(luid, ["SeTakeOwnershipPrivilege", "SeRestorePrivilege"].indexOf(textOf(name)!) + 1, 0);
    return 1;
  },
  AdjustTokenPrivileges(_: Pointer, __: number, state: Bytes) {
    privileges.push(new Uint32Array(state.buffer)[1]!);
    return 1;
  },
  // Who belongs to Administrators, and names, are not told.
  ConvertStringSidToSidW: () => fail(5),
  ConvertSidToStringSidW(sid: Pointer, text: Bytes) {
    own = sid;
    putPointer(text, lend("LocalFree", wide("S-1-5-21-1-2-3-1001")));
    return 1;
  },
});

function securityTest(name: string, test: () => void): void {
  Deno.test(name, () => {
    set.length = 0;
    failing = "";
    test();
    assertEquals(leftOpen(), []);
  });
}

securityTest("owner and access list of a file are read as a string", () => {
  files.set("C:\\a ä", "O:BAD:PAI(A;;FA;;;SY)");
  assertEquals(readFileSecurity("C:\\a ä"), "O:BAD:PAI(A;;FA;;;SY)");
  const missing =
    "Cannot read the permissions of C:\\b: the file, or the exe of the service, is not";
  assertThrows(() => readFileSecurity("C:\\b"), WindowsError, missing);
});

securityTest("a private file is for one account and administrators, and inherits nothing", () => {
  makePrivate("C:\\token");
  assertEquals(own, null);
  makePrivate("C:\\token", ["network service", "local service"], "S-1-5-18");
  const administrators = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";
  const kinds = LIST + PROTECTED;
  assertEquals(set, [
    ["C:\\token", kinds, `${administrators}(A;;FA;;;S-1-5-21-1-2-3-1001)`],
    ["C:\\token", kinds, `${administrators}(A;;FA;;;S-1-5-18)(A;;FR;;;NS)(A;;FR;;;LS)`],
  ]);
  const locked = () => makePrivate("C:\\locked");
  assertThrows(locked, WindowsError, "Cannot set the permissions of C:\\locked: access is denied");
  const nobody = () => makePrivate("C:\\token", [], "nobody");
  assertThrows(nobody, WindowsError, "Cannot read the security descriptor D:P(A;;FA;;;SY)");
});

securityTest("a descriptor without an access list, which would let everyone in, is not set", () => {
  for (const none of ["O:BA", "O:BAD:NO_ACCESS_CONTROL"]) {
    assertThrows(() => writeFileSecurity("C:\\a", none, false), TypeError, "has no access list");
  }
  assertEquals(set, []);
  writeFileSecurity("C:\\a", "O:BAD:", true);
  assertEquals(set, [["C:\\a", OWNER + LIST + UNPROTECTED, "O:BAD:"]]);
});

securityTest("a descriptor that cannot be read is an error, and nothing is set", () => {
  files.set("C:\\a", "O:BAD:PAI(A;;FA;;;SY)");
  const write = () => writeFileSecurity("C:\\a", "O:BAD:(A;;FA;;;SY)", true);
  const cases: [fails: string, call: () => void, said: string][] = [
    ["to text", () => void readFileSecurity("C:\\a"), "Cannot read a security descriptor: "],
    ["list", write, "Cannot read an access list: "],
    ["owner", write, "Cannot read an owner: "],
  ];
  for (const [fails, call, said] of cases) {
    failing = fails;
    assertThrows(call, WindowsError, said);
  }
  assertEquals(set, []);
});

/** Folders by their paths: what is in each. */
const folders: Record<string, Pick<Deno.DirEntry, "name" | "isDirectory" | "isSymlink">[]> = {
  "D:\\warden": [
    { name: "daemons", isDirectory: true, isSymlink: false },
    { name: "link", isDirectory: true, isSymlink: true },
    { name: "control.token", isDirectory: false, isSymlink: false },
    { name: "monitor.token.new", isDirectory: false, isSymlink: false },
    { name: "icinga-warden.exe", isDirectory: false, isSymlink: false },
  ],
  "D:\\warden\\daemons": [{ name: "token.js", isDirectory: false, isSymlink: false }],
  "D:\\other": [{ name: "locked", isDirectory: false, isSymlink: false }],
};

securityTest(
  "a folder is protected with all that is in it but links and the agent's tokens",
  () => {
    const { readDirSync } = Deno;
    Deno.readDirSync = (path) => folders[String(path)]!.values() as IteratorObject<Deno.DirEntry>;
    try {
      protectFolder("D:\\warden", "S-1-5-19");
      const full = `(A;OICI;0x1f01ff;;;S-1-5-18)(A;OICI;0x1f01ff;;;S-1-5-32-544)`;
      const others = `(A;OICI;0x1200a9;;;S-1-5-32-545)(A;OICI;0x1301bf;;;S-1-5-19)`;
      const inherits = [OWNER + LIST + UNPROTECTED, "O:S-1-5-32-544D:"] as const;
      assertEquals(set, [
        ["D:\\warden", OWNER + LIST + PROTECTED, `O:S-1-5-32-544D:PAI${full}${others}`],
        ["D:\\warden\\daemons", ...inherits],
        ["D:\\warden\\daemons\\token.js", ...inherits],
        ["D:\\warden\\icinga-warden.exe", ...inherits],
      ]);
      assertEquals(privileges, [1, 2], "those to take ownership and to restore");
      assertThrows(() => protectFolder("D:\\other", "S-1-5-18"), WindowsError, "D:\\other\\locked");
      assertThrows(
        () => protectFolder("C:\\Windows", "S-1-5-18"),
        Error,
        "use a folder of its own",
      );
    } finally {
      Deno.readDirSync = readDirSync;
    }
  },
);

securityTest(
  "the account that runs the agent may write its files, and so may whom it trusts",
  () => {
    const exe = "E:\\w\\icinga-warden.exe", config = "E:\\w\\icinga-warden.json";
    files.set(exe, "O:BAD:(A;;FA;;;S-1-5-19)").set(config, "O:BAD:(A;;FA;;;SY)");
    const look = (account: string, ...writers: string[]) => {
      const { dangers, notes } = windowsHost.inspect(
        { exe, home: "E:\\w", config },
        account,
        writers,
      );
      const ignored = notes.filter((note) => note.startsWith('"trustedWriters" does not count'));
      return [...dangers.map(({ path }) => path), ...ignored];
    };
    assertEquals([look("LocalSystem"), look("LocalService")], [[exe], []]);
    assertEquals(look("LocalSystem", "S-1-5-19"), []);
    files.set(config, "O:BAD:(A;;FA;;;S-1-5-19)");
    assertEquals(look("LocalSystem", "S-1-5-19").length, 3, "whom others could have put there");
  },
);
