import type { Endpoint } from "../../lib/icinga/mod.ts";

/** Icinga's own port. */
const PORT = 5665;

/** `NAME`, `NAME=HOST`, `NAME=HOST:PORT`; an IPv6 address in brackets. */
const PARENT = /^([^=\s]+)(?:=(?:\[([\da-fA-F:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?)?$/;

/** Reads a parent as a person writes it; without an address, Icinga's files tell that. Undefined when it is none. */
export function parseParent(text: string): Endpoint | undefined {
  const [, name, ip, known, digits] = PARENT.exec(text) ?? [];
  const [host, port] = [ip ?? known, Number(digits ?? PORT)];
  if (name === undefined || port < 1 || port > 65_535) return undefined;
  return { name, ...(host && { host }), port };
}

/** What is right instead of a parent that a person wrote; undefined when it is right. */
export function checkParent(text: string): string | undefined {
  if (parseParent(text)) return undefined;
  return 'expected "ENDPOINT=HOST" or "ENDPOINT=HOST:PORT", such as "master=10.0.0.1"';
}
