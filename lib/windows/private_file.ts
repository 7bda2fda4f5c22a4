import { currentUser } from "./account_rights.ts";
import { writeFileSecurity } from "./file_security.ts";

/** Local System and the administrators, with full control; nothing is inherited. */
const ADMINISTRATORS = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

/**
 * Lets nobody but this process's account and administrators open a file.
 *
 * @throws {WindowsError} when that cannot be set.
 */
export function makePrivate(path: string): void {
  writeFileSecurity(path, `${ADMINISTRATORS}(A;;FA;;;${currentUser()})`, false);
}
