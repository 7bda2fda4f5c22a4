import { win32 } from "node:path";

/** Whether two paths name the same file on Windows, as far as their text tells. */
export function samePath(a: string, b: string): boolean {
  return win32.normalize(a).toLowerCase() === win32.normalize(b).toLowerCase();
}
