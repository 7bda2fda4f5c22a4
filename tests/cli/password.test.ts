import { assertEquals } from "@std/assert";
import { readLine } from "../../lib/cli/service/password.ts";

const typed = (...chunks: string[]) =>
  ReadableStream.from(chunks).pipeThrough(new TextEncoderStream());
const read = async (...chunks: string[]) => {
  const line = await readLine(typed(...chunks));
  return line && new TextDecoder().decode(line);
};

const lines: [string[], string | undefined][] = [
  [["geheim\n"], "geheim"],
  [["geheim\r\nmore"], "geheim"],
  [["ge", "heim"], "geheim"],
  [["pässwörd\r"], "pässwörd"],
  [["abä\u007fc\r"], "abc"],
  [["a\b\b\bz\r"], "z"],
  [[" with blanks \n"], " with blanks "],
  [["abc\u0003"], undefined],
  [[], ""],
];

for (const [chunks, expected] of lines) {
  Deno.test(`the line in ${JSON.stringify(chunks)}`, async () => {
    assertEquals(await read(...chunks), expected);
  });
}
