import { assertEquals, assertMatch } from "@std/assert";
import { readLine } from "../../lib/cli/service/password.ts";
import { testSource } from "../exe/program.ts";

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
  [["abäé\u007f\u007fc\r"], "abc"],
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

Deno.test("a line in UTF-16 ends where its line does, with either byte first", async () => {
  const bytes = async (...chunks: number[][]) =>
    await readLine(ReadableStream.from(chunks.map((chunk) => Uint8Array.from(chunk))));
  assertEquals(
    await bytes([0xff, 0xfe, 97, 0], [3, 0, 10], [0, 98, 0]),
    new Uint8Array([0xff, 0xfe, 97, 0, 3, 0]),
  );
  assertEquals(
    await bytes([0xfe, 0xff, 0, 97, 10, 0, 0, 13, 0, 98]),
    new Uint8Array([0xfe, 0xff, 0, 97, 10, 0]),
  );
  assertEquals(await bytes([0xff, 97, 10]), new Uint8Array([0xff, 97]));
  assertEquals(await bytes([0xff, 0xfe, 97, 0]), new Uint8Array([0xff, 0xfe, 97, 0]));
});

testSource(
  "on a terminal a secret is asked for and never shown; Ctrl+C ends without",
  async (bench) => {
    const ask = async (typed: string) => {
      const command = bench.startOnTerminal("secret", "set", "db");
      await command.printed(/^Secret 'db': $/);
      await command.type(typed);
      const { code, stdout } = await command.ended;
      return [code, stdout.replaceAll("\r", "")];
    };
    const [code, said] = await ask("\x03");
    assertEquals(code, 2);
    assertMatch(
      String(said),
      /^Secret 'db': \nicinga-warden: No secret was given; type it, or give it as the first line of standard input\n$/,
    );
    assertEquals(await ask("geheim\r"), [
      0,
      "Secret 'db': \nStored secret 'db'; daemons read it when they ask next\n",
    ]);
    assertEquals(await Deno.readTextFile(`${bench.home}/secrets/db`), "geheim");
  },
);
