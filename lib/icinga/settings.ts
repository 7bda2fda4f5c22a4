import type { Endpoint } from "./node.ts";
import { expectedOneOf } from "../base/mod.ts";

/** The repairs that the argument `repair` can allow. */
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

/** Icinga's port where its configuration names none. */
export const ICINGA_PORT = 5665;

/** Icinga writes its state every 300 s. When the file is older than this, it is late, s. */
export const STATE_LATE = 360;

/** `NAME=HOST`, `NAME=HOST:PORT`; an IPv6 address in brackets. */
const PARENT = /^([^=\s]+)=(?:\[([\da-fA-F:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/;

/** Reads a parent from an argument, such as `master=10.0.0.1:5665`; undefined when the text has another form. */
export function parseParent(text: string): Required<Endpoint> | undefined {
  const [, name, ip, known, digits] = PARENT.exec(text) ?? [];
  const [host, port] = [ip ?? known, Number(digits ?? ICINGA_PORT)];
  if (name === undefined || host === undefined || port < 1 || port > 65_535) return undefined;
  return { name, host, port };
}

/** What would be right instead of a parent, as a clause; undefined when it is right. */
export function checkParent(text: string): string | undefined {
  if (parseParent(text)) return undefined;
  return 'expected "ENDPOINT=HOST" or "ENDPOINT=HOST:PORT", such as "master=10.0.0.1"';
}
