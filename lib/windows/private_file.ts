import { currentUser } from "./account_rights.ts";
import { writeFileSecurity } from "./file_security.ts";

/** Local System and the administrators, with full control; nothing is inherited. */
const ADMINISTRATORS = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

/** Windows' own accounts that programs with few rights run as, by their names in security descriptor strings. */
const READERS = { "network service": "NS", "local service": "LS" } as const;

/**
 * Lets nobody but this process's account and administrators open a file.
 *
 * @param readers who may read it beside them.
 * @throws {WindowsError} when that cannot be set.
 */
export function makePrivate(path: string, readers: readonly (keyof typeof READERS)[] = []): void {
  const own = `(A;;FA;;;${currentUser()})`;
  const others = readers.map((reader) => `(A;;FR;;;${READERS[reader]})`).join("");
  writeFileSecurity(path, ADMINISTRATORS + own + others, false);
}
