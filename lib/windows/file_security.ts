/**
 * Reading and setting who may do what with a file or folder.
 *
 * @module
 */
import { currentUser } from "./account.ts";
import { advapi32, localMemory } from "./ffi/libraries.ts";
import { check, checkCode } from "./ffi/errors.ts";
import { allocate, dwordIn, dwords, type Handle, pointerIn, wide, wideAt } from "./ffi/memory.ts";

// winnt.h
const OWNER_SECURITY_INFORMATION = 0x1;
const DACL_SECURITY_INFORMATION = 0x4;
const PROTECTED_DACL_SECURITY_INFORMATION = 0x80000000;
const UNPROTECTED_DACL_SECURITY_INFORMATION = 0x20000000;
// accctrl.h
const SE_FILE_OBJECT = 1;
// sddl.h
const SDDL_REVISION_1 = 1;

/** Local System and Administrators have full control; nothing is inherited. */
const ADMINISTRATORS = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

/** The accounts with few rights that Windows has, by their names in security descriptor strings. */
const READERS = { "network service": "NS", "local service": "LS" } as const;

/**
 * The owner and the access list of a file or folder, as a security descriptor string
 * (`O:BAD:PAI(A;OICI;FA;;;SY)`).
 *
 * @throws {WindowsError} when they cannot be read.
 */
export function readFileSecurity(path: string): string {
  const wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  const owner = allocate(8), list = allocate(8), found = allocate(8), text = allocate(8);
  const {
    GetNamedSecurityInfoW,
    ConvertSecurityDescriptorToStringSecurityDescriptorW: toText,
  } = advapi32();
  checkCode(
    GetNamedSecurityInfoW(wide(path), SE_FILE_OBJECT, wanted, owner, null, list, null, found),
    `read the permissions of ${path}`,
  );
  using descriptor = localMemory(pointerIn(found));
  const done = toText(descriptor.pointer, SDDL_REVISION_1, wanted, text, null);
  check(done, "read a security descriptor");
  using memory = localMemory(pointerIn(text));
  return wideAt(memory.pointer);
}

/**
 * Puts an owner and an access list in the place of a file's or folder's own.
 *
 * @param sddl a security descriptor string with an owner and an access list.
 * @param inherit whether the path inherits from its folder as well; its content always inherits from it.
 * @throws {TypeError} when the string has no access list: everyone could do everything then.
 * @throws {WindowsError} when it cannot be set.
 */
export function writeFileSecurity(path: string, sddl: string, inherit: boolean): void {
  using descriptor = parse(sddl);
  const { GetSecurityDescriptorDacl, GetSecurityDescriptorOwner, SetNamedSecurityInfoW } =
    advapi32();
  const { pointer } = descriptor;
  const list = allocate(8), owner = allocate(8), isPresent = dwords(0), isDefault = dwords(0);
  check(GetSecurityDescriptorDacl(pointer, isPresent, list, isDefault), "read an access list");
  if (dwordIn(isPresent) === 0 || pointerIn(list) === null) {
    throw new TypeError(`The security descriptor ${sddl} has no access list`);
  }
  check(GetSecurityDescriptorOwner(pointer, owner, isDefault), "read an owner");
  const kinds = DACL_SECURITY_INFORMATION + OWNER_SECURITY_INFORMATION +
    (inherit ? UNPROTECTED_DACL_SECURITY_INFORMATION : PROTECTED_DACL_SECURITY_INFORMATION);
  const [name, newOwner, newList] = [wide(path), pointerIn(owner), pointerIn(list)];
  checkCode(
    SetNamedSecurityInfoW(name, SE_FILE_OBJECT, kinds, newOwner, null, newList, null),
    `set the permissions of ${path}`,
  );
}

/**
 * Lets only one account and administrators open a file.
 *
 * `SetFileSecurityW` sets exactly this list; `SetNamedSecurityInfoW` on Wine adds what the folder hands down.
 *
 * @param readers who may read it besides.
 * @param account the account's security identifier. Default: that of this process.
 * @throws {WindowsError} when that cannot be set.
 */
export function makePrivate(
  path: string,
  readers: readonly (keyof typeof READERS)[] = [],
  account: string = currentUser(),
): void {
  const own = `(A;;FA;;;${account})`;
  const others = readers.map((reader) => `(A;;FR;;;${READERS[reader]})`).join("");
  using descriptor = parse(ADMINISTRATORS + own + others);
  const kinds = DACL_SECURITY_INFORMATION + PROTECTED_DACL_SECURITY_INFORMATION;
  check(
    advapi32().SetFileSecurityW(wide(path), kinds, descriptor.pointer),
    `set the permissions of ${path}`,
  );
}

/** A security descriptor made of its string. */
function parse(sddl: string): Handle<Deno.PointerValue> {
  const made = allocate(8);
  const { ConvertStringSecurityDescriptorToSecurityDescriptorW: fromText } = advapi32();
  check(
    fromText(wide(sddl), SDDL_REVISION_1, made, null),
    `read the security descriptor ${sddl}`,
  );
  return localMemory(pointerIn(made));
}
