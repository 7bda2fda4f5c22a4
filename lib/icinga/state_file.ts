import { join } from "node:path";
import { type IcingaFolder, lookAt } from "./folder.ts";

/** Larger files are taken to be in order: reading them would cost too much, bytes. */
const MOST_BYTES = 256 * 1024 ** 2;

/** The file that Icinga writes its state to. */
export function stateFileOf({ data }: IcingaFolder): string {
  return join(data, "icinga2.state");
}

/** What is wrong with the state file, in a word; undefined: nothing, or it cannot be read. */
export async function stateFault(folder: IcingaFolder): Promise<"empty" | "corrupt" | undefined> {
  const path = stateFileOf(folder);
  const facts = await lookAt(path);
  if (!facts || facts.size > MOST_BYTES) return undefined;
  return faultOf(await Deno.readFile(path));
}

/**
 * The text of a netstring, `<bytes>:<text>,`, and where the next one begins.
 *
 * @param at where it begins.
 * @returns undefined where there is none.
 */
function netstringAt(
  bytes: Uint8Array,
  at: number,
): { text: Uint8Array; end: number } | undefined {
  const colon = bytes.subarray(at, at + 12).indexOf(0x3a);
  const digits = colon < 1 ? "" : new TextDecoder().decode(bytes.subarray(at, at + colon));
  const start = at + colon + 1, end = start + Number(digits);
  if (!/^\d+$/.test(digits) || bytes[end] !== 0x2c) return undefined;
  return { text: bytes.subarray(start, end), end: end + 1 };
}

/** The texts of a file of netstrings; ends where the file is no such thing. */
export function* netstrings(bytes: Uint8Array): Generator<Uint8Array> {
  for (let next = netstringAt(bytes, 0); next; next = netstringAt(bytes, next.end)) yield next.text;
}

const [OPEN, CLOSE] = ["{", "}"].map((letter) => letter.charCodeAt(0));

/** The file is a row of netstrings, each the JSON of an object; Icinga 2 does not start with another. */
function faultOf(bytes: Uint8Array): "empty" | "corrupt" | undefined {
  if (bytes.length === 0) return "empty";
  for (let at = 0; at < bytes.length;) {
    const next = netstringAt(bytes, at);
    if (next?.text[0] !== OPEN || next?.text.at(-1) !== CLOSE) return "corrupt";
    at = next!.end;
  }
  return undefined;
}

/**
 * Moves the state file aside, which is kept, with a name that says when.
 *
 * @returns its new path.
 * @throws {Error} when it cannot be moved.
 */
export async function moveStateFile(folder: IcingaFolder, now: Date): Promise<string> {
  const path = stateFileOf(folder);
  const aside = `${path}.${now.toISOString().replaceAll(/[-:]|\..*/g, "")}Z`;
  if (await lookAt(aside)) throw new Error(`there is ${aside} already`);
  await Deno.rename(path, aside);
  return aside;
}
