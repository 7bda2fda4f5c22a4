import { currentUser } from "./account_rights.ts";
import { allocate, check, lazy, pointerIn, prepareErrors, wide } from "./ffi.ts";

const DACL_SECURITY_INFORMATION = 0x4;
const PROTECTED_DACL_SECURITY_INFORMATION = 0x80000000;
const SDDL_REVISION_1 = 1;

/** Local System and the administrators, with full control; nothing is inherited. */
const ADMINISTRATORS = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

/** Windows' own accounts that programs with few rights run as, by their names in security descriptor strings. */
const READERS = { "network service": "NS", "local service": "LS" } as const;

const advapi32 = lazy(() => {
  prepareErrors();
  return Deno.dlopen("advapi32.dll", {
    ConvertStringSecurityDescriptorToSecurityDescriptorW: {
      parameters: ["buffer", "u32", "buffer", "pointer"],
      result: "i32",
    },
    SetFileSecurityW: { parameters: ["buffer", "u32", "pointer"], result: "i32" },
  }).symbols;
});

const kernel32 = lazy(() =>
  Deno.dlopen("kernel32.dll", { LocalFree: { parameters: ["pointer"], result: "pointer" } }).symbols
);

/**
 * Lets nobody but this process's account and administrators open a file.
 *
 * `SetFileSecurityW` takes the list as it is; `SetNamedSecurityInfoW` adds on Wine what the folder hands down.
 *
 * @param readers who may read it beside them.
 * @throws {WindowsError} when that cannot be set.
 */
export function makePrivate(path: string, readers: readonly (keyof typeof READERS)[] = []): void {
  const own = `(A;;FA;;;${currentUser()})`;
  const others = readers.map((reader) => `(A;;FR;;;${READERS[reader]})`).join("");
  const descriptor = allocate(8);
  const read = advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(
    wide(ADMINISTRATORS + own + others),
    SDDL_REVISION_1,
    descriptor,
    null,
  );
  check(read, "read a security descriptor");
  const kind = DACL_SECURITY_INFORMATION + PROTECTED_DACL_SECURITY_INFORMATION;
  try {
    const set = advapi32().SetFileSecurityW(wide(path), kind, pointerIn(descriptor));
    check(set, `set the permissions of ${path}`);
  } finally {
    kernel32().LocalFree(pointerIn(descriptor));
  }
}
