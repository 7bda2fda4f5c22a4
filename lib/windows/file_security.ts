/**
 * Reading and setting who may do what with a file or folder, by FFI.
 *
 * @module
 */
import {
  allocate,
  check,
  lazy,
  pointerIn,
  prepareErrors,
  wide,
  wideAt,
  WindowsError,
} from "./ffi.ts";

const ERROR_SUCCESS = 0;
const SE_FILE_OBJECT = 1;
const OWNER_SECURITY_INFORMATION = 0x1;
const DACL_SECURITY_INFORMATION = 0x4;
const PROTECTED_DACL_SECURITY_INFORMATION = 0x80000000;
const UNPROTECTED_DACL_SECURITY_INFORMATION = 0x20000000;
const SDDL_REVISION_1 = 1;

const advapi32 = lazy(() => {
  prepareErrors();
  return Deno.dlopen("advapi32.dll", {
    GetNamedSecurityInfoW: {
      parameters: [
        "buffer",
        "u32",
        "u32",
        "buffer",
        "pointer",
        "buffer",
        "pointer",
        "buffer",
      ],
      result: "u32",
    },
    SetNamedSecurityInfoW: {
      parameters: ["buffer", "u32", "u32", "pointer", "pointer", "pointer", "pointer"],
      result: "u32",
    },
    ConvertSecurityDescriptorToStringSecurityDescriptorW: {
      parameters: ["pointer", "u32", "u32", "buffer", "pointer"],
      result: "i32",
    },
    ConvertStringSecurityDescriptorToSecurityDescriptorW: {
      parameters: ["buffer", "u32", "buffer", "pointer"],
      result: "i32",
    },
    GetSecurityDescriptorDacl: {
      parameters: ["pointer", "buffer", "buffer", "buffer"],
      result: "i32",
    },
    GetSecurityDescriptorOwner: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  }).symbols;
});

const kernel32 = lazy(() =>
  Deno.dlopen("kernel32.dll", { LocalFree: { parameters: ["pointer"], result: "pointer" } }).symbols
);

/**
 * The owner and the access list of a file or folder, as a security descriptor string
 * (`O:BAD:PAI(A;OICI;FA;;;SY)`).
 *
 * @throws {WindowsError} when they cannot be read.
 */
export function readFileSecurity(path: string): string {
  const owner = allocate(8), list = allocate(8), descriptor = allocate(8);
  const code = advapi32().GetNamedSecurityInfoW(
    wide(path),
    SE_FILE_OBJECT,
    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
    owner,
    null,
    list,
    null,
    descriptor,
  );
  if (code !== ERROR_SUCCESS) throw new WindowsError(code, `read the permissions of ${path}`);
  return freeing(pointerIn(descriptor), toText);
}

function toText(descriptor: Deno.PointerValue): string {
  const text = allocate(8);
  const done = advapi32().ConvertSecurityDescriptorToStringSecurityDescriptorW(
    descriptor,
    SDDL_REVISION_1,
    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
    text,
    null,
  );
  check(done, "read a security descriptor");
  return freeing(pointerIn(text), wideAt);
}

/**
 * Puts an access list in the place of a file's or folder's own.
 *
 * @param sddl a security descriptor string with an access list, and an owner where that is to change.
 * @param inherit whether the path inherits from its folder as well; what lies in it always inherits from it.
 * @throws {WindowsError} when it cannot be set.
 */
export function writeFileSecurity(path: string, sddl: string, inherit: boolean): void {
  const descriptor = allocate(8);
  const read = advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(
    wide(sddl),
    SDDL_REVISION_1,
    descriptor,
    null,
  );
  check(read, `read the security descriptor ${sddl}`);
  freeing(pointerIn(descriptor), (descriptor) => {
    const list = allocate(8), owner = allocate(8), flag = allocate(4);
    check(
      advapi32().GetSecurityDescriptorDacl(descriptor, flag, list, flag),
      "read an access list",
    );
    check(advapi32().GetSecurityDescriptorOwner(descriptor, owner, flag), "read an owner");
    const hasOwner = pointerIn(owner) !== null;
    const code = advapi32().SetNamedSecurityInfoW(
      wide(path),
      SE_FILE_OBJECT,
      DACL_SECURITY_INFORMATION + (hasOwner ? OWNER_SECURITY_INFORMATION : 0) +
        (inherit ? UNPROTECTED_DACL_SECURITY_INFORMATION : PROTECTED_DACL_SECURITY_INFORMATION),
      pointerIn(owner),
      null,
      pointerIn(list),
      null,
    );
    if (code !== ERROR_SUCCESS) throw new WindowsError(code, `set the permissions of ${path}`);
  });
}

function freeing<T>(pointer: Deno.PointerValue, use: (pointer: Deno.PointerValue) => T): T {
  try {
    return use(pointer);
  } finally {
    kernel32().LocalFree(pointer);
  }
}
