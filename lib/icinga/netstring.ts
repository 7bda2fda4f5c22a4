const decoder = new TextDecoder();

/**
 * The text of a netstring, `<bytes>:<text>,`, and where the next one begins.
 *
 * @param at where it begins.
 * @returns undefined where there is none.
 */
export function netstringAt(
  bytes: Uint8Array,
  at: number,
): { text: Uint8Array; end: number } | undefined {
  const colon = bytes.subarray(at, at + 12).indexOf(0x3a);
  const digits = colon < 1 ? "" : decoder.decode(bytes.subarray(at, at + colon));
  const start = at + colon + 1, end = start + Number(digits);
  if (!/^\d+$/.test(digits) || bytes[end] !== 0x2c) return undefined;
  return { text: bytes.subarray(start, end), end: end + 1 };
}

/** The texts of a file of netstrings; ends where the file is no such thing. */
export function* netstrings(bytes: Uint8Array): Generator<Uint8Array> {
  for (let next = netstringAt(bytes, 0); next; next = netstringAt(bytes, next.end)) yield next.text;
}
