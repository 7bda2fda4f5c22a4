import { refuseReserved } from "./reserved.ts";

/**
 * What would be right instead of `path` for a daemon's module, as a clause of an error message;
 * undefined when it is right.
 *
 * A module lies in home (a relative path that does not leave it) or at an absolute path, `C:\…`,
 * `\\server\share\…` or `/…`. Either separator may be used. Or it is the name of a built-in daemon.
 */
export function checkModulePath(path: string): string | undefined {
  if (/\p{Cc}/u.test(path)) return String.raw`expected a path; write \\ for each backslash`;
  if (/^[a-z][a-z0-9_]*$/.test(path)) return undefined; // a built-in daemon, looked up elsewhere
  if (!/[^\\/]\.(?:ts|js|mjs)$/.test(path)) return "expected a path that ends in .ts, .js or .mjs";
  if (path.replace(/^[A-Za-z]:[\\/]/, "").includes(":")) {
    return "expected a path in home or an absolute path, with no colon but a drive's";
  }
  const reserved = path.split(/[\\/]/).find((part) => refuseReserved(part) !== undefined);
  if (reserved !== undefined) return `expected a path without ${refuseReserved(reserved)}`;
  const isAbsolute = /^(?:[A-Za-z]:)?[\\/]/.test(path);
  return isAbsolute || staysInside(path)
    ? undefined
    : "expected a path in home or an absolute path";
}

function staysInside(path: string): boolean {
  let depth = 0;
  for (const segment of path.split(/[\\/]/)) {
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    if (depth < 0) return false;
  }
  return true;
}
