import { assertEquals, assertThrows } from "@std/assert";
import {
  accountOf,
  administrators,
  currentUser,
  enablePrivileges,
  grantServiceLogon,
  logonRight,
  sidOf,
  sidOfLetters,
} from "../../lib/windows/account.ts";
import { windowsHost } from "../../lib/windows/host.ts";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { addressOf, dwordIn, pointerIn, wide, wideAt } from "../../lib/windows/ffi/memory.ts";
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

const ADMINISTRATORS = "S-1-5-32-544", BOB = "S-1-5-21-1-2-3-1001", ANN = "S-1-5-21-1-2-3-1002";
/** The longest one that there can be. */
const LONGEST = `S-1-5-${Array.from({ length: 15 }, (_, i) => i + 21).join("-")}`;

/** The accounts of a German machine, by name. */
const accounts = new Map([
  ["Administratoren", ADMINISTRATORS],
  ["bob", BOB],
  ["DOM\\ann", ANN],
  ["longest", LONGEST],
  ["Dienste", "S-1-5-32-1"],
  ["Alle Dienste", "S-1-5-32-2"],
]);
/** The groups of each account; those of a nested one are told where they are asked for. */
const groups = new Map([["bob", ["Dienste"]], ["DOM\\ann", []]]);
const nested = new Map([["bob", ["Alle Dienste"]]]);
/** Who has each right. */
const rights = new Map<string, string[]>();
const privileges: string[] = [];
let isAdministrator = true;

// ntstatus.h
const STATUS_ACCESS_DENIED = 0xc0000022, STATUS_NO_MORE_ENTRIES = 0x8000001a;
const STATUS_OBJECT_NAME_NOT_FOUND = 0xc0000034;

/** `SID` (winnt.h): revision, how many parts, the authority in six bytes, the parts. */
function sidBytes(text: string): Bytes {
  const [, , authority, ...parts] = text.split("-").map(Number);
  const bytes = new Uint8Array(new ArrayBuffer(8 + 4 * parts.length));
  bytes.set([1, parts.length, 0, 0, 0, 0, 0, authority!]);
  const view = new DataView(bytes.buffer);
  for (const [i, part] of parts.entries()) view.setUint32(8 + 4 * i, part, true);
  return bytes;
}

function sidAt(pointer: Pointer): string {
  const view = new Deno.UnsafePointerView(pointer!);
  const parts = Array.from({ length: view.getUint8(1) }, (_, i) => view.getUint32(8 + 4 * i));
  return ["S-1", view.getUint8(7), ...parts].join("-");
}

const lent: Bytes[] = [];

/** An array of pointers to what is there, which the caller gives back. */
function lendList(closedBy: string, items: readonly Bytes[], list: Bytes, count: Bytes): number {
  lent.push(...items);
  const pointers = new BigUint64Array(items.map(addressOf));
  putPointer(list, lend(closedBy, new Uint8Array(pointers.buffer)));
  put(count, items.length);
  return 0;
}

/** Fills room for a text, whose size in characters the caller says. */
function putText(room: Bytes, size: Bytes, text: string): boolean {
  const bytes = wide(text);
  if (dwordIn(size) * 2 !== room.length || bytes.length > room.length) return false;
  room.set(bytes);
  return true;
}

fakeWindows({
  GetCurrentProcess: () => null,
  OpenProcessToken(_: Pointer, access: number, token: Bytes) {
    putPointer(token, handleOf("CloseHandle", access));
    return 1;
  },
  GetTokenInformation(
    ...[token, kind, user, size, needed]: [Pointer, number, Bytes, number, Bytes]
  ) {
    if (kind !== 1 || needed.length < 4 || (behind<number>(token) & 8) === 0) return fail(5);
    const sid = sidBytes(LONGEST);
    if (size !== user.length || size < 16 + sid.length) return fail(122);
    user.set(sid, 16);
    putPointer(user, Deno.UnsafePointer.offset(Deno.UnsafePointer.of(user)!, 16));
    return 1;
  },
  LookupPrivilegeValueW(_: null, name: Bytes, luid: Bytes) {
    if (!/^Se\w+Privilege$/.test(textOf(name)!)) return fail(1313);
    put(luid, textOf(name)!.length, 7);
    return 1;
  },
  AdjustTokenPrivileges(token: Pointer, disableAll: number, state: Bytes) {
    if ((behind<number>(token) & 0x20) === 0) return fail(5);
    const [count, low, high, attributes] = new Uint32Array(state.buffer);
    privileges.push(`${disableAll} ${count} ${low} ${high} ${attributes}`);
    return 1;
  },
  LookupAccountNameW(
    ...[, name, sid, size, domain, domainSize, kind]: [
      ...[null, Bytes, Bytes, Bytes, Bytes],
      ...[Bytes, Bytes],
    ]
  ) {
    const found = accounts.get(textOf(name)!);
    if (found === undefined) return fail(1332);
    const bytes = sidBytes(found);
    if (dwordIn(size) !== sid.length || bytes.length > sid.length || kind.length < 4) {
      return fail(122);
    }
    sid.set(bytes);
    return putText(domain, domainSize, "DOM".repeat(80)) ? 1 : fail(122);
  },
  LookupAccountSidW(
    ...[, sid, name, nameSize, domain, domainSize]: [null, Pointer, Bytes, Bytes, Bytes, Bytes]
  ) {
    const found = [...accounts].find(([, other]) => other === sidAt(sid))?.[0];
    if (found === undefined) return fail(1332);
    const [first = "", second] = found.split("\\");
    const isWritten = putText(name, nameSize, second ?? first) &&
      putText(domain, domainSize, second === undefined ? "" : first);
    return isWritten ? 1 : fail(122);
  },
  ConvertStringSidToSidW(text: Bytes, made: Bytes) {
    const sid = textOf(text) === "LA" ? BOB : textOf(text)!;
    if (!/^S-1(-\d+)+$/.test(sid)) return fail(1337);
    putPointer(made, lend("LocalFree", sidBytes(sid)));
    return 1;
  },
  ConvertSidToStringSidW(sid: Pointer, text: Bytes) {
    putPointer(text, lend("LocalFree", wide(sidAt(sid))));
    return 1;
  },
  NetLocalGroupGetMembers(
    ...[, group, level, list, most, count, , resume]: [
      ...[null, Bytes, number, Bytes, number],
      ...[Bytes, Bytes, null],
    ]
  ) {
    if (textOf(group) !== "Administratoren" || level !== 0 || resume !== null) return 2220;
    // More than that many bytes are not given at once.
    if (most !== 0xffffffff) return 234;
    if (!isAdministrator) return 5;
    return lendList("NetApiBufferFree", [BOB, ANN].map(sidBytes), list, count);
  },
  NetUserGetLocalGroups(
    ...[, user, level, flags, list, most, count]: [
      ...[null, Bytes, number, number],
      ...[Bytes, number, Bytes, Bytes],
    ]
  ) {
    const name = textOf(user)!;
    const own = groups.get(name);
    if (!own || level !== 0) return 2221;
    if (most !== 0xffffffff) return 234;
    const all = flags === 1 ? [...own, ...nested.get(name) ?? []] : own;
    return lendList("NetApiBufferFree", all.map(wide), list, count);
  },
  LsaOpenPolicy(_: null, attributes: Bytes, access: number, policy: Bytes) {
    if (attributes.length !== 48 || dwordIn(attributes) !== 48) return 0xc000000d;
    if (!isAdministrator) return STATUS_ACCESS_DENIED;
    putPointer(policy, handleOf("LsaClose", access));
    return 0;
  },
  LsaAddAccountRights(policy: Pointer, sid: Bytes, right: Bytes, count: number) {
    if ((behind<number>(policy) & 0x810) !== 0x810 || count !== 1) return STATUS_ACCESS_DENIED;
    const [length, most] = new Uint16Array(right.buffer);
    const name = wideAt(pointerIn(right, 8));
    if (length !== 2 * name.length || most !== length + 2) return STATUS_OBJECT_NAME_NOT_FOUND;
    rights.set(name, [...rights.get(name) ?? [], sidAt(Deno.UnsafePointer.of(sid))]);
    return 0;
  },
  LsaEnumerateAccountsWithUserRight(policy: Pointer, right: Bytes, list: Bytes, count: Bytes) {
    if ((behind<number>(policy) & 0x801) !== 0x801) return STATUS_ACCESS_DENIED;
    const name = wideAt(pointerIn(right, 8));
    if (name === "SeDenyServiceLogonRight" && !rights.has(name)) return STATUS_NO_MORE_ENTRIES;
    const who = rights.get(name);
    if (!who) return STATUS_OBJECT_NAME_NOT_FOUND;
    return lendList("LsaFreeMemory", who.map(sidBytes), list, count);
  },
  LsaNtStatusToWinError: (status: number) => status === STATUS_ACCESS_DENIED ? 5 : 1314,
});

/** A case on this machine, on which nobody has a right; no handle and no memory stays with the caller. */
function accountTest(name: string, test: () => void): void {
  Deno.test(name, () => {
    rights.clear();
    isAdministrator = true;
    test();
    assertEquals(leftOpen(), []);
  });
}

accountTest("an account has its security identifier, however long, and that its name", () => {
  assertEquals(["bob", ".\\bob", "DOM\\ann", "longest"].map(sidOf), [BOB, BOB, ANN, LONGEST]);
  assertEquals([sidOf("LocalSystem"), sidOfLetters("LA")], ["S-1-5-18", BOB]);
  assertEquals(accountOf(ANN), { domain: "DOM", name: "ann" });
  assertEquals(accountOf(BOB), { domain: "", name: "bob" });
  assertEquals(currentUser(), LONGEST);
});

accountTest("an account that is not there is named", () => {
  assertThrows(
    () => sidOf("nobody"),
    WindowsError,
    "Cannot find account 'nobody': there is no such",
  );
  assertThrows(() => accountOf("S-1-5-99"), WindowsError, "Cannot find the account S-1-5-99: ");
  assertThrows(() => sidOfLetters("??"), WindowsError, "Cannot read the security identifier ??: ");
});

accountTest("who belongs to Administrators is found in whatever language the system is", () => {
  assertEquals(administrators(), [BOB, ANN]);
  isAdministrator = false;
  const why = "Cannot read who belongs to Administrators: access is denied";
  assertThrows(administrators, WindowsError, why);
});

accountTest("privileges are enabled, each by its number on this machine", () => {
  enablePrivileges("SeRestorePrivilege", "SeTakeOwnershipPrivilege");
  assertEquals(privileges, ["0 1 18 7 2", "0 1 24 7 2"]);
  assertThrows(() => enablePrivileges("Other"), WindowsError, "enable the privileges of an admin");
});

accountTest("an account that was given the right to log on as a service has it", () => {
  assertEquals([logonRight("bob"), logonRight("LocalSystem")], ["missing", "granted"]);
  grantServiceLogon(".\\bob");
  assertEquals([...rights], [["SeServiceLogonRight", [BOB]]]);
  assertEquals(logonRight("bob"), "granted");
});

accountTest(
  "a group has the right for its members, or takes it from them, a nested one too",
  () => {
    rights.set("SeServiceLogonRight", ["S-1-5-32-2"]);
    assertEquals([logonRight("bob"), logonRight("DOM\\ann")], ["granted", "missing"]);
    rights.set("SeDenyServiceLogonRight", ["S-1-5-32-1"]);
    assertEquals(logonRight("bob"), "denied");
  },
);

accountTest("virtual accounts are of a group of their own; Windows' own need no right", () => {
  assertEquals(logonRight("NT SERVICE\\x"), "missing");
  rights.set("SeServiceLogonRight", ["S-1-5-80-0"]);
  assertEquals([logonRight("NT SERVICE\\x"), logonRight("bob")], ["granted", "missing"]);
  rights.set("SeServiceLogonRight", [LONGEST]);
  assertEquals(logonRight("longest"), "granted", "whose groups cannot be read");
});

accountTest("rights are an administrator's to see and to give", () => {
  isAdministrator = false;
  const [see, give] = [() => logonRight("bob"), () => grantServiceLogon("bob")];
  assertThrows(see, WindowsError, "Cannot read who may log on as a service: access is denied");
  assertThrows(give, WindowsError, "Cannot let 'bob' log on as a service: access is denied");
  assertEquals(logonRight("LocalSystem"), "granted");
});

accountTest(
  "the right is given to whom lacks it by nature, and Windows' own accounts need none",
  () => {
    for (const account of ["LocalSystem", "NT SERVICE\\w"]) windowsHost.grantLogon(account);
    assertEquals([...rights], []);
    windowsHost.grantLogon("DOM\\ann");
    assertEquals([...rights], [["SeServiceLogonRight", [ANN]]]);
    assertEquals([LONGEST, ANN].map(windowsHost.isCaller), [true, false]);
  },
);
