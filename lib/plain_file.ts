import { statSync } from "node:fs";

/**
 * Makes sure that a path is not something that keeps who opens it waiting for ever: a pipe, or a socket. That there is
 * nothing yet is fine.
 *
 * @throws {Error} when it is.
 */
export function refusePipe(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFIFO() || found?.isSocket()) {
    throw new Error("it is a pipe or a socket; expected a file");
  }
}
