import { UsageError } from "../command.ts";

const CTRL_C = 3;
const BACKSPACE = [8, 127];
const LINE_ENDS = [10, 13];

/**
 * Asks for a password without showing it, or reads it as the first line of standard input where that is no terminal.
 *
 * @param none what is said when there is none.
 * @throws {UsageError} when there is none.
 */
export async function readPassword(
  prompt: string,
  none = "Flag '--password': no password was given",
): Promise<string> {
  const isTerminal = Deno.stdin.isTerminal();
  if (isTerminal) Deno.stderr.writeSync(new TextEncoder().encode(prompt));
  if (isTerminal) Deno.stdin.setRaw(true);
  try {
    const bytes = await readLine(Deno.stdin.readable);
    const password = bytes && new TextDecoder().decode(bytes);
    if (!password) throw new UsageError(none);
    return password;
  } finally {
    if (isTerminal) Deno.stdin.setRaw(false);
    if (isTerminal) Deno.stderr.writeSync(new TextEncoder().encode("\n"));
  }
}

/** The bytes of the first line, as edited with Backspace; undefined when it was broken off with Ctrl+C. */
export async function readLine(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array | undefined> {
  const line: number[] = [];
  for await (const chunk of stream) {
    for (const byte of chunk) {
      if (byte === CTRL_C) return undefined;
      if (LINE_ENDS.includes(byte)) return Uint8Array.from(line);
      if (BACKSPACE.includes(byte)) eraseCharacter(line);
      else line.push(byte);
    }
  }
  return Uint8Array.from(line);
}

/** A character of UTF-8 is a first byte and those of the form 10xxxxxx that follow it. */
function eraseCharacter(line: number[]): void {
  while (line.length > 0 && (line.pop()! & 0xc0) === 0x80);
}
