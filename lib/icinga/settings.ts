import { expectedOneOf } from "../base/mod.ts";

/** What the agent can mend by itself where the argument `repair` names it. */
export const REPAIRS = ["state-file"] as const;

/** What would be right instead of an item of `repair`, as a clause; undefined when it is right. */
export function checkRepair(item: string, before: readonly string[] = []): string | undefined {
  if (before.includes(item)) return "expected each repair once";
  const isKnown = (REPAIRS as readonly string[]).includes(item);
  return isKnown ? undefined : expectedOneOf(REPAIRS);
}

/** An absolute path of Windows, or of another system where that is the one that runs. */
const ABSOLUTE = Deno.build.os === "windows"
  ? /^(?:[a-z]:[\\/]|\\\\)/i
  : /^(?:[a-z]:[\\/]|\\\\|\/)/i;

/** What would be right instead of a folder of Icinga's, as a clause; undefined when it is right, or empty. */
export function checkDataDir(path: string): string | undefined {
  if (path === "" || ABSOLUTE.test(path)) return undefined;
  return "expected the absolute path of the folder that holds Icinga's etc and var, such as C:\\ProgramData\\icinga2";
}
