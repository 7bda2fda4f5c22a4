/**
 * The bytes of an answer that are kept. A true one has a few hundred; one that reaches this is none.
 */
export const answerLimit = 64 * 1024;

/** Full-width colons, as UTF-16 and, byte by byte, in UTF-8 and the code pages 932, 936, 949 and 950. */
const fullWidthColon = /\uff1a|\xef\xbc\x9a|\x81F|\xa3\xba|\xa1G/g;

/**
 * The lines that a console program has written, in whatever code page: its ASCII characters are right, the
 * others are not, and every colon is an ASCII one. No lines if it has written {@linkcode answerLimit} bytes.
 */
export function readLines(output: Uint8Array): string[] {
  if (output.length >= answerLimit) return [];
  return decode(output).replace(fullWidthColon, ":").replaceAll("\r", "").split("\n");
}

/** A byte a character, but for UTF-16: in no other encoding does text hold a NUL. */
function decode(output: Uint8Array): string {
  if (output.includes(0)) return new TextDecoder("utf-16le").decode(output);
  return Array.from(output, (byte) => String.fromCharCode(byte)).join("");
}
